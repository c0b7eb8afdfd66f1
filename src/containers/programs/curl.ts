import { decodeText, encodeBase64, encodeText } from '../../base/index.ts';
import { NetworkError } from '../../network/index.ts';
import { FileError } from '../files/nodes.ts';
import type { Process, Program } from '../process/process.ts';
import { withTimeout } from './applets/network.ts';
import { type ClientResponse, EmptyReplyError, type HttpUrl, parseUrl, sendRequest } from './http/http-client.ts';
import { HttpProtocolError } from './http/http-message.ts';
import { type Options, UsageError, parseOptions } from './options.ts';
import { decodeEscapes } from '../shell/lexer.ts';

const redirectsMax = 50; // curl: CURLOPT_MAXREDIRS

const longNames: Readonly<Record<string, string>> = {
  silent: 's', 'show-error': 'S', include: 'i', head: 'I', verbose: 'v', output: 'o', 'write-out': 'w', request: 'X', header: 'H', data: 'd', location: 'L', 'max-time': 'm',
  fail: 'f', insecure: 'k', user: 'u', 'user-agent': 'A', 'remote-name': 'O', get: 'G', json: 'J', 'data-binary': 'B', 'data-raw': 'R', 'connect-timeout': 'C', 'retry': 'y',
  'retry-delay': 'Y', 'retry-connrefused': 'Z', 'http1.1': '1', 'no-progress-meter': 'N', cacert: 'E', version: 'V', 'data-urlencode': 'D', 'no-buffer': 'N', referer: 'e', 'fail-with-body': 'F', compressed: '2', resolve: 'r', ipv4: '4', 'retry-max-time': '5', url: 'U', 'max-redirs': '6',
};

/** A transfer failed with one of curl's exit codes. */
class CurlError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** curl over the pod network, HTTP/1.1 only. */
export const curl: Program = async (process) => {
  let options: Options;
  try {
    options = parseOptions(process.args.slice(1), 'sSiIvo:w:X:H:d:Lm:fku:A:OGJ:B:R:C:y:Y:Z1NE:VD:e:F2r:45:U:6:#g', longNames);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await process.write(2, `curl: ${error.message.replace('unrecognized option:', 'option -').replace('- ', '-')}: is unknown\ncurl: try 'curl --help' for more information\n`);
    return 2;
  }
  if (options.has('V')) {
    await process.print('curl, as the lab has it: HTTP/1.1 over the pod network\nProtocols: http\n');
    return 0;
  }
  const urls = [...options.values('U'), ...options.operands];
  if (urls.length === 0) {
    await process.write(2, "curl: (2) no URL specified\ncurl: try 'curl --help' for more information\n");
    return 2;
  }
  let code = 0;
  for (const [index, url] of urls.entries()) code = await transferWithRetries(process, options, url, index);
  return code;
};

async function transferWithRetries(process: Process, options: Options, url: string, index: number): Promise<number> {
  const retries = Number(options.value('y') ?? '0');
  for (let attempt = 0; ; attempt++) {
    const startMs = process.system.nowMs();
    const work = transfer(process, options, url, index, startMs);
    let failure: CurlError;
    try {
      const timeout = options.value('m');
      const result = await withTimeout(process, work, timeout === undefined ? undefined : Number(timeout) * 1000);
      if (result !== 'late') return result;
      failure = new CurlError(28, `Operation timed out after ${Math.round(Number(timeout) * 1000)} milliseconds with 0 bytes received`);
    } catch (error) {
      if (!(error instanceof CurlError)) throw error;
      failure = error;
    }
    const isTransient = failure.code === 28 || (failure.code === 7 && options.has('Z')) || (failure.code === 6 && options.has('Z'));
    if (attempt < retries && isTransient) {
      await process.sleep(Number(options.value('Y') ?? String(2 ** attempt)) * 1000);
      continue;
    }
    await writeOut(process, options, { status: 0, sizeBytes: 0, startMs, url, remoteIp: '' });
    if (!options.has('s') || options.has('S')) await process.write(2, `curl: (${failure.code}) ${failure.message}\n`);
    return failure.code;
  }
}

async function transfer(process: Process, options: Options, text: string, index: number, startMs: number): Promise<number> {
  let url = parseUrl(text);
  if (url === undefined) throw new CurlError(3, 'URL rejected: No host part in the URL');
  const body = await readBody(process, options);
  if (options.has('G') && body !== undefined) {
    url = { ...url, target: `${url.target}${url.target.includes('?') ? '&' : '?'}${decodeText(body.bytes)}` };
  }
  let sendsBody = body !== undefined && !options.has('G');
  let method = options.value('X') ?? (options.has('I') ? 'HEAD' : sendsBody ? 'POST' : 'GET');
  const showsHead = options.has('i') || options.has('I');
  for (let redirects = 0; ; redirects++) {
    const response = await request(process, options, url, method, sendsBody ? body : undefined, startMs);
    if (options.has('v')) await process.write(2, `${[response.head.startLine, ...response.head.rawLines].map((line) => `< ${line}\n`).join('')}< \n`);
    const location = response.head.headers.get('location');
    if (options.has('L') && response.status >= 300 && response.status < 400 && location !== undefined) {
      if (showsHead) await emit(process, options, index, url, headText(response));
      response.close();
      if (redirects >= Number(options.value('6') ?? redirectsMax)) throw new CurlError(47, `Maximum (${redirectsMax}) redirects followed`);
      const next: HttpUrl | undefined = parseUrl(/^[a-z]+:\/\//i.test(location) ? location : `${url.scheme}://${url.host}:${url.port}${location.startsWith('/') ? location : `/${location}`}`);
      if (next === undefined) throw new CurlError(3, 'URL rejected: No host part in the URL');
      url = next;
      if (response.status === 303 || ((response.status === 301 || response.status === 302) && method === 'POST')) {
        method = options.value('X') ?? 'GET';
        sendsBody = false;
      }
      continue;
    }
    if (options.has('f') && response.status >= 400) {
      response.close();
      throw new CurlError(22, `The requested URL returned error: ${response.status}`);
    }
    const output = new Output(process, options, index, url);
    let sizeBytes = 0;
    try {
      if (showsHead) await output.write(encodeText(headText(response)));
      for await (const chunk of response.body) {
        sizeBytes += chunk.length;
        await output.write(chunk);
      }
    } catch (error) {
      if (error instanceof HttpProtocolError) throw new CurlError(18, error.message);
      if (error instanceof NetworkError) throw new CurlError(56, 'Recv failure: Connection reset by peer');
      throw error;
    } finally {
      output.close();
      response.close();
    }
    if (options.has('v')) await process.write(2, `* Connection #0 to host ${url.host} left intact\n`);
    await writeOut(process, options, { status: response.status, sizeBytes, startMs, url: text, remoteIp: url.host, contentType: response.head.headers.get('content-type') ?? '' });
    if (options.has('F') && response.status >= 400) throw new CurlError(22, `The requested URL returned error: ${response.status}`);
    return 0;
  }
}

async function request(process: Process, options: Options, url: HttpUrl, method: string, body: { readonly bytes: Uint8Array; readonly type: string } | undefined, startMs: number): Promise<ClientResponse> {
  if (url.scheme === 'https') throw new CurlError(35, "this lab's curl has no TLS: it can't speak https, to the API server neither; ask for http, or use kubectl");
  if (url.scheme !== 'http') throw new CurlError(1, `Protocol "${url.scheme}" not supported`);
  const given = options.values('H').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const).filter(([name]) => name !== '');
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const user = options.value('u') ?? url.userInfo;
  const defaults: (readonly [string, string])[] = [
    ['Host', url.port === 80 ? url.host : `${url.host}:${url.port}`],
    ...(user === undefined ? [] : [['Authorization', `Basic ${encodeBase64(encodeText(user))}`] as const]),
    ['User-Agent', options.value('A') ?? 'curl/8.11.1'],
    ['Accept', '*/*'],
    ...(options.value('e') === undefined ? [] : [['Referer', options.value('e') as string] as const]),
    ...(body === undefined ? [] : [['Content-Length', String(body.bytes.length)] as const, ['Content-Type', body.type] as const]),
  ];
  const headers = [...defaults.filter(([name]) => !names.has(name.toLowerCase())), ...given.filter(([, value]) => value !== '')];
  const connectTimeout = options.value('C');
  try {
    const work = sendRequest(process, { method, host: url.host, port: url.port, target: url.target, headers, ...(body === undefined ? {} : { body: body.bytes }) }, (head) => {
      if (!options.has('v')) return;
      process.post(2, `* Connected to ${url.host} port ${url.port}\n${decodeText(head).trimEnd().split('\r\n').map((line) => `> ${line}\n`).join('')}> \n`);
    });
    const response = connectTimeout === undefined ? await work : await withTimeout(process, work, Number(connectTimeout) * 1000);
    if (response === 'late') throw new CurlError(28, `Connection timed out after ${Math.round(Number(connectTimeout) * 1000)} milliseconds`);
    return response;
  } catch (error) {
    if (error instanceof EmptyReplyError) throw new CurlError(52, 'Empty reply from server');
    if (error instanceof HttpProtocolError) throw new CurlError(1, error.message);
    if (!(error instanceof NetworkError)) throw error;
    const afterMs = Math.round(process.system.nowMs() - startMs);
    switch (error.code) {
      case 'ENOTFOUND': throw new CurlError(6, `Could not resolve host: ${url.host}`);
      case 'ETIMEDOUT': throw new CurlError(28, `Failed to connect to ${url.host} port ${url.port} after ${afterMs} ms: Could not connect to server`);
      case 'ECONNRESET': throw new CurlError(56, 'Recv failure: Connection reset by peer');
      default: throw new CurlError(7, `Failed to connect to ${url.host} port ${url.port} after ${afterMs} ms: Could not connect to server`);
    }
  }
}

async function readBody(process: Process, options: Options): Promise<{ readonly bytes: Uint8Array; readonly type: string } | undefined> {
  const parts: Uint8Array[] = [];
  let type = 'application/x-www-form-urlencoded';
  const load = async (value: string, keepsLines: boolean): Promise<Uint8Array> => {
    if (!value.startsWith('@')) return encodeText(value);
    const path = value.slice(1);
    try {
      const bytes = path === '-' ? await process.readAll(0) : process.system.files.readFile(process.path(path));
      return keepsLines ? bytes : encodeText(decodeText(bytes).replace(/[\r\n]/g, ''));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new CurlError(26, `Failed to open ${path}`);
    }
  };
  for (const value of options.values('d')) parts.push(await load(value, false));
  for (const value of options.values('B')) parts.push(await load(value, true));
  for (const value of options.values('R')) parts.push(encodeText(value));
  for (const value of options.values('D')) {
    const equals = value.indexOf('=');
    parts.push(encodeText(equals < 0 ? encodeURIComponent(value) : `${value.slice(0, equals + 1)}${encodeURIComponent(value.slice(equals + 1))}`));
  }
  for (const value of options.values('J')) {
    parts.push(await load(value, true));
    type = 'application/json';
  }
  if (parts.length === 0) return undefined;
  return { bytes: encodeText(parts.map((part) => decodeText(part)).join(type === 'application/json' ? '' : '&')), type };
}

function headText(response: ClientResponse): string {
  return `${[response.head.startLine, ...response.head.rawLines].join('\r\n')}\r\n\r\n`;
}

async function emit(process: Process, options: Options, index: number, url: HttpUrl, text: string): Promise<void> {
  const output = new Output(process, options, index, url);
  await output.write(encodeText(text));
  output.close();
}

/** Where a body goes: standard output or -o's file, opened with the first byte. */
class Output {
  private readonly process: Process;
  private readonly path: string | undefined;
  private file: ReturnType<Process['file']>;

  constructor(process: Process, options: Options, index: number, url: HttpUrl) {
    this.process = process;
    const named = options.has('O') ? (url.target.split('?')[0]?.split('/').pop() ?? '') : (options.values('o')[index] ?? undefined);
    this.path = named === '-' ? undefined : named;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.path === undefined) return this.process.write(1, chunk);
    try {
      this.file ??= this.process.system.openFile(this.process, this.path, 'write');
      const room = this.file.write(chunk);
      if (room !== undefined) await this.process.block(room);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new CurlError(23, `Failure writing output to destination`);
    }
  }

  close(): void {
    this.file?.release();
    this.file = undefined;
  }
}

interface Outcome {
  readonly status: number;
  readonly sizeBytes: number;
  readonly startMs: number;
  readonly url: string;
  readonly remoteIp: string;
  readonly contentType?: string;
}

async function writeOut(process: Process, options: Options, outcome: Outcome): Promise<void> {
  const format = options.value('w');
  if (format === undefined) return;
  const seconds = ((process.system.nowMs() - outcome.startMs) / 1000).toFixed(6);
  const values: Readonly<Record<string, string>> = {
    http_code: String(outcome.status).padStart(3, '0'), response_code: String(outcome.status).padStart(3, '0'), size_download: String(outcome.sizeBytes), time_total: seconds,
    time_connect: seconds, time_starttransfer: seconds, url: outcome.url, url_effective: outcome.url, remote_ip: outcome.remoteIp, content_type: outcome.contentType ?? '', exitcode: '0',
  };
  await process.print(decodeEscapes(format).replace(/%\{(\w+)\}|%%/g, (whole, name: string | undefined) => (name === undefined ? '%' : (values[name] ?? whole))));
}
