import { formatCalendar } from '../calendar.ts';
import { FileError } from '../files/nodes.ts';
import { NetworkError } from '../../network/index.ts';
import type { Process, Program } from '../process/process.ts';
import { contentType } from './http/content-type.ts';
import { type HttpRequest, type HttpResponse, serveHttp } from './http/http-server.ts';
import { statusTexts } from './http/http-message.ts';
import { parseSize } from './applets/files.ts';

/** Serves text over HTTP until TERM or INT, whose exit code is given. */
function serve(process: Process, port: number, handle: (request: HttpRequest) => HttpResponse, options: { readonly stopCode?: number; readonly server?: string } = {}): 'resident' | Promise<number> {
  try {
    serveHttp(process, port, {
      commonHeaders: () => [...(options.server === undefined ? [] : [['Server', options.server] as const]), ['Date', formatCalendar('%a, %d %b %Y %H:%M:%S GMT', process.system.nowMs())]],
      handle,
      errorResponse: (status) => text(`${statusTexts.get(status) ?? 'Error'}\n`, status),
    });
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return process.complain(`listen tcp :${port}: bind: address already in use`);
  }
  if (options.stopCode !== undefined) for (const signal of ['TERM', 'INT'] as const) process.handle(signal, () => process.finish(options.stopCode ?? 0));
  return 'resident';
}

function text(body: string, status = 200): HttpResponse {
  return { status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body };
}

/** A flag's value: -text=x, --text x. */
function flag(process: Process, name: string): string | undefined {
  const { args } = process;
  for (const [index, arg] of args.entries()) {
    const match = /^--?([\w-]+)(?:=(.*))?$/s.exec(arg);
    if (match?.[1] === name) return match[2] ?? args[index + 1];
  }
  return undefined;
}

/** hashicorp/http-echo: answers with -text. */
export const httpEcho: Program = (process) => {
  const body = flag(process, 'text') ?? process.variable('ECHO_TEXT');
  if (body === undefined) return process.complain('Missing -text option!', 127);
  const port = Number(/:(\d+)$/.exec(flag(process, 'listen') ?? ':5678')?.[1] ?? '5678');
  process.post(1, `${formatCalendar('%Y/%m/%d %T', process.system.nowMs())} [INFO] server is listening on :${port}\n`);
  return serve(process, port, (request) => {
    process.post(1, `${formatCalendar('%Y/%m/%d %T', process.system.nowMs())} ${request.header('host') ?? ''} ${request.remoteIp}:${request.remotePort} "${request.head.startLine}" 200 ${body.length + 1} "${request.header('user-agent') ?? ''}"\n`);
    return text(`${body}\n`);
  }, { stopCode: 0 });
};

/** gcr.io/google-samples/kubernetes-bootcamp: the app of Kubernetes' own basics tutorial. Its image names its version. */
export const bootcamp: Program = (process) => {
  const { system } = process;
  const version = process.variable('BOOTCAMP_VERSION') ?? '1';
  let requests = 0;
  process.post(1, `Kubernetes Bootcamp App Started At: ${formatCalendar('%Y-%m-%dT%H:%M:%SZ', system.nowMs())} | Running On:  ${system.hostname} \n\n`);
  return serve(process, 8080, () => {
    requests++;
    process.post(1, `Running On: ${system.hostname} | Total Requests: ${requests} | App Uptime: ${((system.nowMs() - process.startedAtMs) / 1000).toFixed(3)} seconds | Log Time: ${formatCalendar('%Y-%m-%dT%H:%M:%SZ', system.nowMs())}\n`);
    return text(`Hello Kubernetes bootcamp! | Running on: ${system.hostname} | v=${version}\n`);
  });
};

/** gcr.io/google-samples/hello-app. */
export const helloApp: Program = (process) => {
  const port = Number(process.variable('PORT') ?? '8080');
  process.post(2, `${formatCalendar('%Y/%m/%d %T', process.system.nowMs())} Server listening on port ${port}\n`);
  return serve(process, port, (request) => {
    process.post(2, `${formatCalendar('%Y/%m/%d %T', process.system.nowMs())} Serving request: ${request.path}\n`);
    return text(`Hello, world!\nVersion: ${process.variable('HELLO_VERSION') ?? '1.0.0'}\nHostname: ${process.system.hostname}\n`);
  });
};

/** traefik/whoami: says who answered and what was asked. */
export const whoamiServer: Program = (process) => {
  const port = Number(flag(process, 'port') ?? process.variable('WHOAMI_PORT_NUMBER') ?? '80');
  process.post(2, `${formatCalendar('%Y/%m/%d %T', process.system.nowMs())} Starting up on port ${port}\n`);
  return serve(process, port, (request) => {
    if (request.path === '/health') return text('');
    return text(`Hostname: ${process.system.hostname}\nIP: 127.0.0.1\nIP: ${process.system.network.ip}\nRemoteAddr: ${request.remoteIp}:${request.remotePort}\n${request.head.startLine}\n${request.head.rawLines.join('\n')}\n`);
  });
};

/** registry.k8s.io/echoserver: gives the request back. */
export const echoserver: Program = (process) => serve(process, 8080, (request) => text(
  `\n\nHostname: ${process.system.hostname}\n\nPod Information:\n\t-no pod information available-\n\nRequest Information:\n\tclient_address=${request.remoteIp}\n\tmethod=${request.method}\n\treal path=${request.target}\n\tquery=${request.query}\n\trequest_version=${request.version}\n\trequest_scheme=http\n\trequest_uri=http://${request.header('host') ?? ''}${request.target}\n\nRequest Headers:\n${[...request.head.headers].sort().map(([name, value]) => `\t${name}=${value}\n`).join('')}\nRequest Body:\n\t${request.body.length === 0 ? '-no body in request-' : new TextDecoder().decode(request.body)}\n\n`,
), { stopCode: 0, server: 'echoserver' });

/** registry.k8s.io/e2e-test-images/agnhost: netexec, serve-hostname and pause of its many commands. */
export const agnhost: Program = (process) => {
  const command = process.args[1] ?? 'pause';
  const { system } = process;
  if (command === 'pause') {
    for (const signal of ['TERM', 'INT'] as const) process.handle(signal, () => process.finish(0));
    process.post(1, 'Paused\n');
    return 'resident';
  }
  if (command === 'serve-hostname') {
    const port = Number(flag(process, 'port') ?? '9376');
    process.post(2, `Serving on port ${port}.\n`);
    return serve(process, port, () => text(system.hostname), { stopCode: 0 });
  }
  if (command !== 'netexec') return process.complain(`agnhost: this lab has netexec, serve-hostname and pause of agnhost, not ${command}`);
  const port = Number(flag(process, 'http-port') ?? '8080');
  process.post(2, `Started HTTP server on port ${port}\n`);
  return serve(process, port, (request) => {
    const parameter = (name: string) => decodeURIComponent(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(request.query)?.[1]?.replaceAll('+', ' ') ?? '');
    switch (request.path) {
      case '/': return text(`NOW: ${formatCalendar('%F %T.%N +0000 UTC', system.nowMs())}`);
      case '/hostname': case '/hostName': return text(system.hostname);
      case '/clientip': return text(`${request.remoteIp}:${request.remotePort}`);
      case '/echo': return text(parameter('msg'), Number(parameter('code') || '200'));
      case '/healthz': return text('');
      case '/header': return text(request.header(parameter('key').toLowerCase()) ?? '');
      case '/exit': {
        system.clock.schedule(0, () => process.finish(Number(parameter('code') || '0')));
        return text('');
      }
      default: return text('404 page not found\n', 404);
    }
  }, { stopCode: 0 });
};

/** httpd: files of /usr/local/apache2/htdocs in Apache's words. */
export const httpd: Program = (process) => {
  const log = (line: string) => process.post(1, line);
  process.post(2, `[${formatCalendar('%a %b %d %T %Y', process.system.nowMs())}] [notice] the lab's own HTTP server in httpd's place: resuming normal operations\n`);
  return serve(process, 80, (request) => {
    const response = apacheFile(process, request);
    log(`${request.remoteIp} - - [${formatCalendar('%d/%b/%Y:%T %z', process.system.nowMs())}] "${request.head.startLine}" ${response.status} ${typeof response.body === 'string' ? response.body.length : (response.body?.length ?? 0)}\n`);
    return response;
  }, { stopCode: 0, server: 'Apache/2.4 (Unix)' });
};

function apacheFile(process: Process, request: HttpRequest): HttpResponse {
  const path = `/usr/local/apache2/htdocs${request.path}${request.path.endsWith('/') ? 'index.html' : ''}`;
  try {
    return { status: 200, headers: [['Content-Type', contentType(path) ?? 'text/plain']], body: process.system.files.readFile(path) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { status: 404, headers: [['Content-Type', 'text/html; charset=iso-8859-1']], body: '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n' };
  }
}

/** polinux/stress: takes memory by the lab's books, so that a memory limit shows: more than the limit is OOMKilled. */
export const stress: Program = async (process) => {
  const workers = Number(flag(process, 'vm') ?? '0');
  const bytes = parseSize(flag(process, 'vm-bytes') ?? '256M') * workers;
  const seconds = /^(\d+)([smh]?)$/.exec(flag(process, 'timeout') ?? '');
  await process.write(1, `stress: info: [${process.pid}] dispatching hogs: ${flag(process, 'cpu') ?? 0} cpu, ${flag(process, 'io') ?? 0} io, ${workers} vm, 0 hdd\n`);
  const limit = process.system.spec.memoryLimitBytes;
  if (limit !== undefined && bytes > limit) {
    await process.write(2, `stress: FAIL: [${process.pid}] (416) <-- worker ${process.pid + 1} got signal 9\nstress: WARN: [${process.pid}] (418) now reaping child worker processes\nstress: FAIL: [${process.pid}] (452) failed run completed in 0s\n`);
    process.system.noteOutOfMemory(process);
    return 1;
  }
  if (seconds === null) await process.block(new Promise<never>(() => undefined));
  else await process.sleep(Number(seconds[1]) * ({ s: 1000, m: 60_000, h: 3_600_000 }[seconds[2] ?? ''] ?? 1000));
  await process.write(1, `stress: info: [${process.pid}] successful run completed in ${seconds?.[1] ?? 0}s\n`);
  return 0;
};

/** perl, for the one program that Kubernetes' Job tutorial runs: pi to n digits, by bignum's bpi. */
export const perl: Program = async (process) => {
  const digits = /print (?:bpi|bignum::bpi)\((\d+)\)/.exec(process.args.join(' '))?.[1];
  if (digits === undefined) return process.complain("perl: this lab's perl can do one thing: perl -Mbignum=bpi -wle 'print bpi(2000)'", 2);
  const count = Math.min(10_000, Number(digits));
  const scale = 10n ** BigInt(count + 9);
  const arctan = (x: bigint) => {
    let sum = 0n;
    for (let power = scale / x, n = 1n, sign = 1n; power !== 0n; power /= x * x, n += 2n, sign = -sign) sum += (sign * power) / n;
    return sum;
  };
  const value = (4n * (4n * arctan(5n) - arctan(239n))).toString(); // Machin's formula, nine digits more than asked
  const rounded = ((BigInt(value) + 5n * 10n ** 9n) / 10n ** 10n).toString();
  await process.print(`${rounded[0]}.${rounded.slice(1)}\n`);
  return 0;
};
