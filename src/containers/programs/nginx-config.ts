import { decodeText } from '../../base/index.ts';
import { FileError } from '../files/nodes.ts';
import type { Process } from '../process/process.ts';

/** One `server { }` as far as the lab's server follows it. */
export interface NginxServer {
  readonly ports: readonly number[];
  readonly isDefault: boolean;
  readonly names: readonly string[];
  readonly locations: readonly NginxLocation[];
  /** What holds where no location matches. */
  readonly fallback: NginxLocation;
}

export interface NginxLocation {
  readonly modifier: '' | '=' | '^~' | '~' | '~*';
  readonly path: string;
  readonly root: string;
  readonly alias: string | undefined;
  readonly index: readonly string[];
  readonly tryFiles: readonly string[];
  readonly returns: { readonly status: number; readonly text: string } | undefined;
  readonly proxyPass: string | undefined;
  readonly proxyHeaders: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [string, string])[];
  readonly defaultType: string | undefined;
  readonly autoindex: boolean;
  readonly stubStatus: boolean;
}

/** The configuration is wrong. message is nginx's own text. */
export class NginxConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NginxConfigError';
  }
}

const plainLocation: NginxLocation = {
  modifier: '', path: '/', root: '/usr/share/nginx/html', alias: undefined, index: ['index.html', 'index.htm'], tryFiles: [], returns: undefined,
  proxyPass: undefined, proxyHeaders: [], headers: [], defaultType: undefined, autoindex: false, stubStatus: false,
};

/** What the image's /etc/nginx/conf.d/default.conf says. */
export const defaultServer: NginxServer = { ports: [80], isDefault: true, names: ['localhost'], locations: [], fallback: plainLocation };

/** Whether a volume is mounted in or over /etc/nginx, so that the image's configuration may not hold. */
export function mountsTouchConfig(process: Process): boolean {
  return process.system.hasMountNear('/etc/nginx');
}

/** Reads /etc/nginx/nginx.conf and what it includes. Throws NginxConfigError. */
export function loadNginxConfig(process: Process): readonly NginxServer[] {
  const top = parseFile(process, '/etc/nginx/nginx.conf');
  const http = top.filter((directive) => directive.name === 'http').flatMap((directive) => directive.block ?? []);
  const servers = http.filter((directive) => directive.name === 'server').map((directive) => readServer(directive, http));
  return servers;
}

/** nginx's order: exact, longest prefix with ^~, first regular expression, longest prefix. */
export function pickLocation(server: NginxServer, path: string): NginxLocation {
  let best: NginxLocation | undefined;
  for (const location of server.locations) {
    if (location.modifier === '=' && location.path === path) return location;
    const isPrefix = (location.modifier === '' || location.modifier === '^~') && path.startsWith(location.path);
    if (isPrefix && (best === undefined || location.path.length > best.path.length)) best = location;
  }
  if (best?.modifier !== '^~') {
    for (const location of server.locations) {
      if ((location.modifier === '~' || location.modifier === '~*') && safePattern(location).test(path)) return location;
    }
  }
  return best ?? server.fallback;
}

function safePattern(location: NginxLocation): RegExp {
  return new RegExp(location.path, location.modifier === '~*' ? 'i' : '');
}

interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly Directive[] | undefined;
  readonly file: string;
  readonly line: number;
}

const includesMax = 50;

function parseFile(process: Process, path: string, depth = 0): readonly Directive[] {
  if (depth > includesMax) throw new NginxConfigError(`too many includes in ${path}`);
  let text: string;
  try {
    text = decodeText(process.system.files.readFile(path));
  } catch (error) {
    const reason = error instanceof FileError ? error.message : 'error';
    throw new NginxConfigError(`open() "${path}" failed (2: ${reason})`);
  }
  const tokens = tokenize(text, path);
  const position = { index: 0 };
  const directives = parseBlock(process, tokens, position, path, depth);
  if (position.index < tokens.length) throw new NginxConfigError(`unexpected "}" in ${path}:${tokens[position.index]?.line ?? 0}`);
  return directives;
}

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly line: number;
}

function tokenize(text: string, path: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let index = 0; index < text.length; ) {
    const letter = text[index] as string;
    if (letter === '\n') line++;
    if (/\s/.test(letter)) index++;
    else if (letter === '#') while (index < text.length && text[index] !== '\n') index++;
    else if (';{}'.includes(letter)) {
      tokens.push({ text: letter, isQuoted: false, line });
      index++;
    } else if (letter === '"' || letter === "'") {
      let value = '';
      const startLine = line;
      for (index++; index < text.length && text[index] !== letter; index++) {
        if (text[index] === '\\' && index + 1 < text.length) {
          index++;
          const escaped = text[index] as string;
          value += escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped === letter || escaped === '\\' ? escaped : `\\${escaped}`;
        } else value += text[index];
        if (text[index] === '\n') line++;
      }
      if (index >= text.length) throw new NginxConfigError(`unexpected end of file, expecting "${letter}" in ${path}:${startLine}`);
      index++;
      tokens.push({ text: value, isQuoted: true, line: startLine });
    } else {
      const start = index;
      while (index < text.length && !/[\s;{}]/.test(text[index] as string)) {
        if (text[index] === '$' && text[index + 1] === '{') while (index < text.length && text[index] !== '}') index++;
        index++;
      }
      tokens.push({ text: text.slice(start, index), isQuoted: false, line });
    }
  }
  return tokens;
}

function parseBlock(process: Process, tokens: readonly Token[], position: { index: number }, file: string, depth: number): readonly Directive[] {
  const directives: Directive[] = [];
  while (position.index < tokens.length) {
    const first = tokens[position.index] as Token;
    if (first.text === '}' && !first.isQuoted) return directives;
    const args: string[] = [];
    let block: readonly Directive[] | undefined;
    position.index++;
    while (true) {
      const token = tokens[position.index];
      if (token === undefined) throw new NginxConfigError(`unexpected end of file, expecting ";" or "}" in ${file}:${tokens[tokens.length - 1]?.line ?? 1}`);
      position.index++;
      if (!token.isQuoted && token.text === ';') break;
      if (!token.isQuoted && token.text === '{') {
        block = first.text === 'types' || first.text === 'map' ? skipBlock(tokens, position, file) : parseBlock(process, tokens, position, file, depth);
        if (tokens[position.index]?.text !== '}') throw new NginxConfigError(`unexpected end of file, expecting "}" in ${file}:${tokens[tokens.length - 1]?.line ?? 1}`);
        position.index++;
        break;
      }
      if (!token.isQuoted && token.text === '}') throw new NginxConfigError(`unexpected "}" in ${file}:${token.line}`);
      args.push(token.text);
    }
    if (first.text === 'include') directives.push(...include(process, args[0] ?? '', file, first.line, depth));
    else {
      if (!known.has(first.text)) throw new NginxConfigError(`unknown directive "${first.text}" in ${file}:${first.line}`);
      directives.push({ name: first.text, args, block, file, line: first.line });
    }
  }
  return directives;
}

function skipBlock(tokens: readonly Token[], position: { index: number }, file: string): readonly Directive[] {
  while (tokens[position.index]?.text !== '}') {
    if (position.index >= tokens.length) throw new NginxConfigError(`unexpected end of file, expecting "}" in ${file}:1`);
    position.index++;
  }
  return [];
}

function include(process: Process, pattern: string, file: string, line: number, depth: number): readonly Directive[] {
  const path = pattern.startsWith('/') ? pattern : `/etc/nginx/${pattern}`;
  if (path.endsWith('mime.types')) return [];
  if (!path.includes('*')) return parseFile(process, path, depth + 1);
  const folder = path.slice(0, path.lastIndexOf('/'));
  const name = new RegExp(`^${path.slice(folder.length + 1).replace(/[.+^$()|[\]\\]/g, '\\$&').replaceAll('*', '[^.].*').replace('[^.].*', '(?!\\.).*')}$`);
  let names: readonly string[];
  try {
    names = process.system.files.list(folder);
  } catch {
    return []; // as glob(3): no match is no error
  }
  void file;
  void line;
  return names.filter((candidate) => name.test(candidate)).flatMap((candidate) => parseFile(process, `${folder}/${candidate}`, depth + 1));
}

function readServer(server: Directive, http: readonly Directive[]): NginxServer {
  const block = server.block ?? [];
  const listens = block.filter((directive) => directive.name === 'listen');
  const inherited = readLocation('', '/', http.filter((directive) => directive.name !== 'server'), plainLocation);
  const fallback = readLocation('', '/', block.filter((directive) => directive.name !== 'location'), inherited);
  const locations = block.filter((directive) => directive.name === 'location').map((directive) => {
    const [first = '', second] = directive.args;
    const modifier = second === undefined ? '' : first;
    if (!['', '=', '^~', '~', '~*'].includes(modifier)) throw new NginxConfigError(`invalid location modifier "${modifier}" in ${directive.file}:${directive.line}`);
    return readLocation(modifier as NginxLocation['modifier'], second ?? first, directive.block ?? [], { ...fallback, returns: undefined });
  });
  const ports = listens.map((directive) => {
    const port = Number(/(?:^|:)(\d+)$/.exec(directive.args[0] ?? '')?.[1] ?? '80');
    if (port < 1 || port > 65535) throw new NginxConfigError(`invalid port in "${directive.args[0]}" of the "listen" directive in ${directive.file}:${directive.line}`);
    return port;
  });
  return {
    ports: ports.length === 0 ? [80] : [...new Set(ports)],
    isDefault: listens.some((directive) => directive.args.includes('default_server')),
    names: block.filter((directive) => directive.name === 'server_name').flatMap((directive) => directive.args),
    locations: fallback.returns === undefined ? locations : [],
    fallback,
  };
}

function readLocation(modifier: NginxLocation['modifier'], path: string, block: readonly Directive[], outer: NginxLocation): NginxLocation {
  const all = (name: string) => block.filter((directive) => directive.name === name);
  const one = (name: string) => all(name).at(-1);
  const headers = all('add_header').map((directive) => [directive.args[0] ?? '', directive.args[1] ?? ''] as const);
  const proxyHeaders = all('proxy_set_header').map((directive) => [directive.args[0] ?? '', directive.args[1] ?? ''] as const);
  const returned = one('return');
  return {
    modifier, path,
    root: one('root')?.args[0]?.replace(/\/$/, '') ?? outer.root,
    alias: one('alias')?.args[0],
    index: one('index')?.args ?? outer.index,
    tryFiles: one('try_files')?.args ?? [],
    returns: returned === undefined ? undefined : readReturn(returned),
    proxyPass: one('proxy_pass')?.args[0],
    proxyHeaders: proxyHeaders.length > 0 ? proxyHeaders : outer.proxyHeaders,
    headers: headers.length > 0 ? headers : outer.headers,
    defaultType: one('default_type')?.args[0] ?? outer.defaultType,
    autoindex: (one('autoindex')?.args[0] ?? (outer.autoindex ? 'on' : 'off')) === 'on',
    stubStatus: one('stub_status') !== undefined,
  };
}

function readReturn(directive: Directive): { status: number; text: string } {
  const [first = '', second] = directive.args;
  if (/^https?:|^\//.test(first)) return { status: 302, text: first };
  const status = Number(first);
  if (!Number.isInteger(status) || status < 0 || status > 999) throw new NginxConfigError(`invalid return code "${first}" in ${directive.file}:${directive.line}`);
  return { status, text: second ?? '' };
}

/** Directives that are read; those that change nothing in the lab are accepted, as their effect can't be seen here. */
const known: ReadonlySet<string> = new Set([
  'http', 'server', 'location', 'listen', 'server_name', 'root', 'alias', 'index', 'try_files', 'return', 'proxy_pass', 'proxy_set_header', 'add_header',
  'default_type', 'autoindex', 'stub_status', 'include', 'types', 'map',
  'user', 'worker_processes', 'worker_rlimit_nofile', 'error_log', 'pid', 'events', 'worker_connections', 'multi_accept', 'use', 'log_format', 'access_log', 'sendfile',
  'tcp_nopush', 'tcp_nodelay', 'keepalive_timeout', 'keepalive_requests', 'gzip', 'gzip_types', 'gzip_comp_level', 'gzip_min_length', 'gzip_vary', 'gzip_proxied', 'charset',
  'client_max_body_size', 'client_body_buffer_size', 'error_page', 'expires', 'etag', 'server_tokens', 'proxy_http_version', 'proxy_read_timeout', 'proxy_connect_timeout',
  'proxy_send_timeout', 'proxy_buffering', 'proxy_redirect', 'proxy_cache_bypass', 'types_hash_max_size', 'internal', 'resolver', 'daemon',
]);
