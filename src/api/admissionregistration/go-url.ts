/** The parts of a URL, or why it is none, in the words of Go's net/url. */
export type GoUrl =
  | { readonly scheme: string; readonly host: string; readonly user: string | undefined; readonly query: string; readonly fragment: string }
  | { readonly problem: string };

/** Reads a URL as Go does: what clients see of a bad one are its messages. Go: net/url.Parse. */
export function parseGoUrl(text: string): GoUrl {
  const fail = (why: string): GoUrl => ({ problem: `parse ${JSON.stringify(text)}: ${why}` });
  const hash = text.indexOf('#');
  let rest = hash < 0 ? text : text.slice(0, hash);
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(rest)) return fail('net/url: invalid control character in URL');
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest)?.[1] ?? '';
  if (scheme !== '') rest = rest.slice(scheme.length + 1);
  else if (rest.startsWith(':')) return fail('missing protocol scheme');
  const mark = rest.indexOf('?');
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { scheme: scheme.toLowerCase(), host: '', user: undefined, query, fragment: unescape(fragment) };
    if (rest.split('/')[0]?.includes(':')) return fail('first path segment in URL cannot contain colon');
  }
  let authority = '';
  let user: string | undefined;
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? '' : rest.slice(slash);
    const at = authority.lastIndexOf('@');
    if (at >= 0) {
      user = authority.slice(0, at);
      authority = authority.slice(at + 1);
      if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return fail('net/url: invalid userinfo');
    }
  }
  const problem = hostProblem(authority) ?? escapeProblem(rest) ?? escapeProblem(fragment);
  if (problem !== undefined) return fail(problem);
  return { scheme: scheme.toLowerCase(), host: authority, user, query, fragment: unescape(fragment) };
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end < 0) return "missing ']' in host";
    return portProblem(host.slice(end + 1));
  }
  const colon = host.lastIndexOf(':');
  const bad = colon < 0 ? undefined : portProblem(host.slice(colon));
  if (bad !== undefined) return bad;
  const character = /[ <>"\\^`{}|]/.exec(host)?.[0];
  if (character !== undefined) return `invalid character ${JSON.stringify(character)} in host name`;
  return escapeProblem(host);
}

function portProblem(text: string): string | undefined {
  return text === '' || /^:[0-9]*$/.test(text) ? undefined : `invalid port ${JSON.stringify(text)} after host`;
}

function escapeProblem(text: string): string | undefined {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)?.[0];
  return bad === undefined ? undefined : `invalid URL escape ${JSON.stringify(bad)}`;
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
