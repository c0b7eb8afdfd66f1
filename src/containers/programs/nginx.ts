import { messageOf } from '../../base/index.ts';
import { NetworkError } from '../../network/index.ts';
import { formatCalendar } from '../calendar.ts';
import { FileError, fileBytes } from '../files/nodes.ts';
import type { Process, Program } from '../process/process.ts';
import { type HttpRequest, type HttpResponse, serveHttp } from './http/http-server.ts';
import { statusTexts } from './http/http-message.ts';
import { contentType } from './http/content-type.ts';
import { type NginxLocation, type NginxServer, NginxConfigError, defaultServer, loadNginxConfig, mountsTouchConfig, pickLocation } from './nginx-config.ts';
import { proxyRequest } from './http/http-client.ts';

const logFormat = '%d/%b/%Y:%H:%M:%S +0000';

/** The lab's HTTP server under nginx's name, configuration, pages and log format. */
export const nginx: Program = (process) => {
  const args = process.args.slice(1);
  if (args[0] === '-v' || args[0] === '-V') return process.complain(`nginx version: nginx/${version(process)}`, 0);
  if (args[0] === '-s') return sendToMaster(process, args[1] ?? '');
  if (args[0] === '-t' || args[0] === '-T') return testConfig(process);
  try {
    return runMaster(process);
  } catch (error) {
    if (error instanceof NginxConfigError) return process.complain(`nginx: [emerg] ${error.message}`);
    throw error;
  }
};

/** /docker-entrypoint.sh of nginx's image: says that it is ready, then becomes the command. */
export const nginxEntrypoint: Program = (process) => {
  const args = process.args.slice(1);
  if (args[0] === 'nginx') {
    process.post(1, '/docker-entrypoint.sh: Configuration complete; ready for start up\n');
    process.args = args;
    return nginx(process);
  }
  const found = process.system.findExecutable(args, process.variable('PATH'), process.workingFolder);
  if ('error' in found) return process.complain(`/docker-entrypoint.sh: line 47: exec: ${args[0] ?? ''}: ${found.error}`, 127);
  process.args = found.args;
  return found.program(process);
};

function runMaster(process: Process): 'resident' {
  let servers = mountsTouchConfig(process) ? loadNginxConfig(process) : [defaultServer];
  const ports = new Set(servers.flatMap((server) => server.ports));
  let requests = 0;
  const serve = (port: number) => {
    serveHttp(process, port, {
      commonHeaders: () => [['Server', `nginx/${version(process)}`], ['Date', formatCalendar('%a, %d %b %Y %H:%M:%S GMT', process.system.nowMs())]],
      handle: (request) => {
        requests++;
        return respond(process, pickServer(servers, port, request), request, requests);
      },
      errorResponse: (status) => errorPage(process, status),
      onServed: (request, response, bodyBytes, remoteIp) => logAccess(process, request, response, bodyBytes, remoteIp),
    });
  };
  for (const port of ports) {
    try {
      serve(port);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new NginxConfigError(`bind() to 0.0.0.0:${port} failed (98: Address already in use)`);
    }
  }
  notice(process, `nginx/${version(process)} (the lab's own HTTP server; it reads nginx's configuration)`);
  notice(process, 'start worker processes');
  process.handle('HUP', () => {
    try {
      servers = loadNginxConfig(process);
      for (const server of servers) for (const port of server.ports) if (!ports.has(port)) serve(port), ports.add(port);
      notice(process, 'reconfiguring');
    } catch (error) {
      logError(process, 'emerg', messageOf(error));
    }
  });
  const stop = (signal: string, how: string) => () => {
    notice(process, `signal ${signal} received, ${how}`);
    notice(process, 'exit');
    process.finish(0);
  };
  process.handle('QUIT', stop('3 (SIGQUIT)', 'shutting down'));
  process.handle('TERM', stop('15 (SIGTERM)', 'exiting'));
  process.handle('INT', stop('2 (SIGINT)', 'exiting'));
  return 'resident';
}

async function sendToMaster(process: Process, command: string): Promise<number> {
  const signal = ({ reload: 'HUP', stop: 'TERM', quit: 'QUIT', reopen: 'USR1' } as const)[command];
  if (signal === undefined) return process.complain(`nginx: invalid option: "-s ${command}"`);
  const master = process.system.process(1);
  if (master === undefined || master === process) return process.complain('nginx: [error] open() "/run/nginx.pid" failed (2: No such file or directory)');
  await process.write(2, `${formatCalendar('%Y/%m/%d %H:%M:%S', process.system.nowMs())} [notice] ${process.pid}#${process.pid}: signal process started\n`);
  if (signal !== 'USR1') master.signal(signal);
  return 0;
}

async function testConfig(process: Process): Promise<number> {
  try {
    loadNginxConfig(process);
  } catch (error) {
    await process.write(2, `nginx: [emerg] ${messageOf(error)}\n`);
    return process.complain('nginx: configuration file /etc/nginx/nginx.conf test failed');
  }
  await process.write(2, 'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n');
  return process.complain('nginx: configuration file /etc/nginx/nginx.conf test is successful', 0);
}

function pickServer(servers: readonly NginxServer[], port: number, request: HttpRequest): NginxServer {
  const host = (request.header('host') ?? '').replace(/:\d+$/, '').toLowerCase();
  const listening = servers.filter((server) => server.ports.includes(port));
  return listening.find((server) => server.names.includes(host)) ?? listening.find((server) => server.isDefault) ?? listening[0] ?? defaultServer;
}

async function respond(process: Process, server: NginxServer, request: HttpRequest, requestNumber: number): Promise<HttpResponse> {
  const location = pickLocation(server, request.path);
  const withHeaders = (response: HttpResponse): HttpResponse =>
    location.headers.length === 0 ? response : { ...response, headers: [...(response.headers ?? []), ...location.headers] };
  if (location.returns !== undefined) {
    const { status, text } = location.returns;
    const filled = fillVariables(text, process, request);
    if (status >= 300 && status < 400) return { ...errorPage(process, status), headers: [['Content-Type', 'text/html'], ['Location', filled]] };
    if (text === '' && status >= 400) return errorPage(process, status);
    return withHeaders({ status, headers: [['Content-Type', location.defaultType ?? 'application/octet-stream']], body: filled });
  }
  if (location.stubStatus) {
    return { status: 200, headers: [['Content-Type', 'text/plain']], body: `Active connections: 1 \nserver accepts handled requests\n ${requestNumber} ${requestNumber} ${requestNumber} \nReading: 0 Writing: 1 Waiting: 0 \n` };
  }
  if (location.proxyPass !== undefined) {
    try {
      return withHeaders(await proxyRequest(process, location.proxyPass, location.path, location.proxyHeaders.map(([name, value]) => [name, fillVariables(value, process, request)]), request));
    } catch (error) {
      const reason = error instanceof NetworkError && error.code === 'ETIMEDOUT' ? 504 : 502;
      const why = error instanceof NetworkError && error.code === 'ENOTFOUND' ? 'host not found in upstream' : reason === 504 ? 'upstream timed out (110: Connection timed out) while connecting to upstream' : 'connect() failed (111: Connection refused) while connecting to upstream';
      logError(process, 'error', `*${requestNumber} ${why}, ${where(request)}, upstream: "${location.proxyPass}"`);
      return errorPage(process, reason);
    }
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return errorPage(process, 405);
  return withHeaders(serveFile(process, location, request, requestNumber));
}

function serveFile(process: Process, location: NginxLocation, request: HttpRequest, requestNumber: number): HttpResponse {
  const { files } = process.system;
  const relative = location.alias === undefined ? request.path : request.path.slice(location.path.length);
  const base = location.alias ?? location.root;
  const candidates = location.tryFiles.length === 0 ? [relative] : location.tryFiles.map((pattern) => pattern.replaceAll('$uri', relative).replaceAll('$args', request.query));
  for (const [index, candidate] of candidates.entries()) {
    const isLast = index === candidates.length - 1;
    if (candidate.startsWith('=')) return errorPage(process, Number(candidate.slice(1)) || 404);
    const path = `${base}${candidate}`.replace(/\/{2,}/g, '/');
    try {
      const found = files.find(path.replace(/\/$/, '') || '/');
      if (found?.node.kind === 'folder') {
        if (!candidate.endsWith('/') && location.tryFiles.length === 0) {
          return { ...errorPage(process, 301), headers: [['Content-Type', 'text/html'], ['Location', `http://${request.header('host') ?? 'localhost'}${request.path}/`]] };
        }
        for (const name of location.index) {
          const page = files.find(`${found.path === '/' ? '' : found.path}/${name}`)?.node;
          if (page?.kind === 'file') return fileResponse(page.modifiedAtMs, fileBytes(page), name, location);
        }
        if (!isLast) continue;
        if (location.autoindex) return listing(process, found.path, request.path);
        logError(process, 'error', `*${requestNumber} directory index of "${path}" is forbidden, ${where(request)}`);
        return errorPage(process, 403);
      }
      if (found?.node.kind === 'file' && !candidate.endsWith('/')) return fileResponse(found.node.modifiedAtMs, fileBytes(found.node), path, location);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
    if (isLast) logError(process, 'error', `*${requestNumber} open() "${path}" failed (2: No such file or directory), ${where(request)}`);
  }
  return errorPage(process, 404);
}

function fileResponse(modifiedAtMs: number, bytes: Uint8Array, path: string, location: NginxLocation): HttpResponse {
  return {
    status: 200,
    headers: [
      ['Content-Type', contentType(path) ?? location.defaultType ?? 'application/octet-stream'],
      ['Last-Modified', formatCalendar('%a, %d %b %Y %H:%M:%S GMT', modifiedAtMs)],
      ['ETag', `"${Math.floor(modifiedAtMs / 1000).toString(16)}-${bytes.length.toString(16)}"`],
      ['Accept-Ranges', 'bytes'],
    ],
    body: bytes,
  };
}

function listing(process: Process, folder: string, path: string): HttpResponse {
  const rows = process.system.files.list(folder).map((name) => {
    const isFolder = process.system.files.find(`${folder}/${name}`)?.node.kind === 'folder';
    const shown = isFolder ? `${name}/` : name;
    return `<a href="${shown}">${shown}</a>\r\n`;
  });
  return { status: 200, headers: [['Content-Type', 'text/html']], body: `<html>\r\n<head><title>Index of ${path}</title></head>\r\n<body>\r\n<h1>Index of ${path}</h1><hr><pre><a href="../">../</a>\r\n${rows.join('')}</pre><hr></body>\r\n</html>\r\n` };
}

function errorPage(process: Process, status: number): HttpResponse {
  const title = `${status} ${statusTexts.get(status) ?? ''}`;
  return {
    status,
    headers: [['Content-Type', 'text/html']],
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${version(process)}</center>\r\n</body>\r\n</html>\r\n`,
  };
}

/** Fills nginx's variables in. Unknown ones become empty. */
function fillVariables(text: string, process: Process, request: HttpRequest): string {
  return text.replace(/\$\{?(\w+)\}?/g, (_, name: string) => {
    switch (name) {
      case 'hostname': return process.system.hostname;
      case 'uri': return request.path;
      case 'request_uri': return request.target;
      case 'args': case 'query_string': return request.query;
      case 'host': return (request.header('host') ?? '').replace(/:\d+$/, '');
      case 'http_host': return request.header('host') ?? '';
      case 'remote_addr': return request.remoteIp;
      case 'remote_port': return String(request.remotePort);
      case 'proxy_add_x_forwarded_for': return [request.header('x-forwarded-for'), request.remoteIp].filter((part) => part !== undefined).join(', ');
      case 'request_method': return request.method;
      case 'scheme': return 'http';
      case 'server_addr': return process.system.network.ip;
      case 'nginx_version': return version(process);
      default: return name.startsWith('http_') ? (request.header(name.slice(5).replaceAll('_', '-')) ?? '') : '';
    }
  });
}

function logAccess(process: Process, request: HttpRequest | undefined, response: HttpResponse, bodyBytes: number, remoteIp: string): void {
  const time = formatCalendar(logFormat, process.system.nowMs());
  const line = request === undefined ? '' : request.head.startLine;
  const header = (name: string) => request?.header(name) ?? '-';
  process.post(1, `${remoteIp} - - [${time}] "${line}" ${response.status} ${bodyBytes} "${header('referer')}" "${header('user-agent')}" "${header('x-forwarded-for')}"\n`);
}

function logError(process: Process, level: string, message: string): void {
  process.post(2, `${formatCalendar('%Y/%m/%d %H:%M:%S', process.system.nowMs())} [${level}] ${process.pid}#${process.pid}: ${message}\n`);
}

function notice(process: Process, message: string): void {
  logError(process, 'notice', message);
}

function where(request: HttpRequest): string {
  return `client: ${request.remoteIp}, server: localhost, request: "${request.head.startLine}", host: "${request.header('host') ?? ''}"`;
}

function version(process: Process): string {
  return process.variable('NGINX_VERSION') ?? '1.27.5';
}
