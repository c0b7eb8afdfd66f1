/** How links of a proxied program are turned into links through the proxy. Kubernetes: apimachinery/pkg/util/proxy/transport.go. */
export interface LinkRewriting {
  /** The proxy's own path, without a trailing slash. */
  readonly prefix: string;
  /** What the program takes for its own address: ip:port, and the Host header. */
  readonly hosts: readonly string[];
}

/** A link as it has to be behind the proxy; relative links and those to other hosts stay as they are. */
export function rewriteLink(link: string, { prefix, hosts }: LinkRewriting): string {
  const absolute = /^(?:https?:)?\/\/([^/?#]*)([^?#]*)(.*)$/s.exec(link);
  let path: string;
  let rest: string;
  if (absolute !== null) {
    if (!hosts.includes(absolute[1] ?? '')) return link;
    path = absolute[2] === '' ? '/' : absolute[2] ?? '/';
    rest = absolute[3] ?? '';
  } else {
    if (!link.startsWith('/')) return link;
    const end = link.search(/[?#]/);
    path = end < 0 ? link : link.slice(0, end);
    rest = end < 0 ? '' : link.slice(end);
  }
  return path.startsWith(prefix) ? path + rest : prefix + path + rest;
}

/** Attributes that hold a link, by element. */
const LINK_ATTRIBUTES: ReadonlyMap<string, readonly string[]> = new Map(Object.entries({
  a: ['href'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'], body: ['background'], button: ['formaction'], del: ['cite'],
  embed: ['src'], form: ['action'], frame: ['longdesc', 'src'], head: ['profile'], html: ['manifest'], iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'], input: ['formaction', 'src', 'usemap'], ins: ['cite'], link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'], q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'],
}));

const TAG = /<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)(\s*\/?>)/g;
const ATTRIBUTE = /(\s+)([^\s"'<>/=]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/g;

/** A page with its links rewritten. */
export function rewriteHtml(html: string, rewriting: LinkRewriting): string {
  return html.replace(TAG, (tag: string, name: string, attributes: string, end: string) => {
    const linked = LINK_ATTRIBUTES.get(name.toLowerCase());
    if (linked === undefined) return tag;
    const rewritten = attributes.replace(ATTRIBUTE, (
      all: string, space: string, attribute: string, equals: string, double: string | undefined, single: string | undefined, bare: string | undefined,
    ) => {
      if (!linked.includes(attribute.toLowerCase())) return all;
      const quote = single === undefined ? '"' : "'";
      return `${space}${attribute}${equals}${quote}${rewriteLink(double ?? single ?? bare ?? '', rewriting)}${quote}`;
    });
    return `<${name}${rewritten}${end}`;
  });
}
