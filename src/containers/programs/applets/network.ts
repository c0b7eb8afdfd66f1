import type { ByteDuplex } from '../../../base/index.ts';
import { NetworkError } from '../../../network/index.ts';
import type { Process, Program } from '../../process/process.ts';
import { HttpProtocolError } from '../http/http-message.ts';
import { EmptyReplyError, parseUrl, sendRequest } from '../http/http-client.ts';
import { parseOptions } from '../options.ts';

/** Resolves or rejects with what a wait gives, or 'late' after delayMs of lab time. */
export async function withTimeout<T>(process: Process, work: Promise<T>, delayMs: number | undefined): Promise<T | 'late'> {
  if (delayMs === undefined) return process.block(work);
  let stop: () => void = () => undefined;
  const late = new Promise<'late'>((resolve) => {
    const timer = process.system.clock.schedule(delayMs, () => resolve('late'));
    stop = () => timer.dispose();
  });
  try {
    return await process.block(Promise.race([work, late]), () => stop());
  } finally {
    stop();
    work.catch(() => undefined); // it was too late, and stopped
  }
}

export const nslookup: Program = async (process) => {
  const name = process.args.slice(1).find((arg) => !arg.startsWith('-'));
  if (name === undefined) return process.complain('Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]');
  const server = /nameserver (\S+)/.exec(process.system.network.resolvConf)?.[1] ?? '127.0.0.1';
  await process.print(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  try {
    for (const address of await process.block(process.system.network.lookup(name))) await process.print(`Name:\t${name}\nAddress: ${address}\n`);
    await process.print('\n');
    return 0;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    await process.print(`** server can't find ${name}: NXDOMAIN\n\n`);
    return 1;
  }
};

export const wget: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'qO:ST:t:SU:Y:csP:', { timeout: 'T', quiet: 'q', 'output-document': 'O', header: 'H', 'post-data': 'D', spider: 's', 'no-check-certificate': 'c', tries: 't' });
  const url = parseUrl(options.operands[0] ?? '');
  if (url === undefined) return process.complain('BusyBox wget: missing URL');
  if (url.scheme !== 'http') return process.complain(`wget: can't connect to ${url.host}:${url.port}: this lab's wget speaks http only, no TLS`);
  const timeoutMs = options.value('T') === undefined ? undefined : Number(options.value('T')) * 1000;
  const say = (text: string) => (options.has('q') ? Promise.resolve() : process.write(2, text));
  try {
    const addresses = /^[\d.]+$/.test(url.host) || url.host === 'localhost' ? [url.host] : await process.block(process.system.network.lookup(url.host));
    await say(`Connecting to ${url.host}${url.port === 80 ? '' : `:${url.port}`} (${addresses[0] ?? url.host}:${url.port})\n`);
    const response = await withTimeout(process, sendRequest(process, {
      method: 'GET', host: url.host, port: url.port, target: url.target,
      headers: [['Host', url.port === 80 ? url.host : `${url.host}:${url.port}`], ['User-Agent', options.value('U') ?? 'Wget'], ['Connection', 'close']],
    }), timeoutMs);
    if (response === 'late') return await process.complain('wget: download timed out');
    if (options.has('S')) await process.write(2, `  ${[response.head.startLine, ...response.head.rawLines].join('\n  ')}\n`);
    if (response.status >= 400) {
      response.close();
      return await process.complain(`wget: server returned error: ${response.head.startLine}`);
    }
    const name = options.value('O') ?? (url.target.split('?')[0]?.split('/').pop() || 'index.html');
    const output = name === '-' ? process.file(1)?.retain() : options.has('s') ? undefined : process.system.openFile(process, name, 'write');
    for await (const chunk of response.body) {
      const room = output?.write(chunk);
      if (room !== undefined) await process.block(room);
    }
    output?.release();
    response.close();
    if (name !== '-') await say(`saving to '${name}'\n'${name}' saved\n`);
    else await say(`writing to stdout\nwritten to stdout\n`);
    return 0;
  } catch (error) {
    if (error instanceof NetworkError) {
      if (error.code === 'ENOTFOUND') return process.complain(`wget: bad address '${url.host}${url.port === 80 ? '' : `:${url.port}`}'`);
      return process.complain(`wget: can't connect to remote host (${url.host}): ${errorText(error)}`);
    }
    if (error instanceof EmptyReplyError || error instanceof HttpProtocolError) return process.complain(`wget: error getting response`);
    throw error;
  }
};

/** strerror's text of a network error. */
function errorText(error: NetworkError): string {
  switch (error.code) {
    case 'ECONNREFUSED': return 'Connection refused';
    case 'EHOSTUNREACH': return 'No route to host';
    case 'ETIMEDOUT': return 'Operation timed out';
    case 'ECONNRESET': return 'Connection reset by peer';
    case 'EADDRINUSE': return 'Address already in use';
    default: return 'Name does not resolve';
  }
}

export const nc: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'zvlp:w:nke:uN46i:');
  const timeoutMs = options.value('w') === undefined ? undefined : Number(options.value('w')) * 1000;
  if (options.has('u')) return process.complain('nc: this lab has no UDP');
  if (options.has('l')) {
    const port = Number(options.value('p') ?? options.operands.at(-1));
    const accepted: ByteDuplex[] = [];
    let wake: () => void = () => undefined;
    let listener: { dispose(): void };
    try {
      listener = process.system.network.listen(port, (connection) => {
        accepted.push(connection);
        wake();
      });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      return process.complain(`nc: bind: ${errorText(error)}`);
    }
    process.onExit(() => listener.dispose());
    if (options.has('v')) await process.write(2, `listening on [::]:${port} ...\n`);
    do {
      if (accepted.length === 0) await process.block(new Promise<void>((resolve) => { wake = resolve; }));
      await relay(process, accepted.shift() as ByteDuplex, !options.has('k'));
    } while (options.has('k'));
    listener.dispose();
    return 0;
  }
  const [host = '', ports = ''] = options.operands;
  const range = /^(\d+)(?:-(\d+))?$/.exec(ports);
  if (range === null) return process.complain('nc: bad port');
  let status = 1;
  for (let port = Number(range[1]); port <= Number(range[2] ?? range[1]); port++) {
    try {
      const connection = await withTimeout(process, process.system.network.connect(host, port), timeoutMs);
      if (connection === 'late') throw new NetworkError('ETIMEDOUT', 'timed out');
      status = 0;
      if (options.has('v')) await process.write(2, `${host} (${host}:${port}) open\n`);
      if (options.has('z')) {
        connection.reader.cancel();
        connection.writer.end();
      } else await relay(process, connection, true);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      if (error.code === 'ENOTFOUND') return process.complain(`nc: bad address '${host}'`);
      if (options.has('v') || !options.has('z')) await process.complain(`nc: ${host} (${host}:${port}): ${errorText(error)}`);
    }
  }
  return status;
};

/** Standard input to the connection and the connection to standard output, until the far end is done. */
async function relay(process: Process, connection: ByteDuplex, readsInput: boolean): Promise<void> {
  process.onExit(() => {
    connection.reader.cancel();
    connection.writer.end();
  });
  if (readsInput) {
    void (async () => {
      try {
        for (let chunk = await process.read(0); chunk !== undefined; chunk = await process.read(0)) await connection.writer.write(chunk);
        connection.writer.end();
      } catch {
        connection.writer.end();
      }
    })();
  }
  try {
    for (let chunk = await process.block(connection.reader.read()); chunk !== undefined; chunk = await process.block(connection.reader.read())) await process.write(1, chunk);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  }
  connection.writer.end();
}

/** How reachable an address is, found out by connecting: refused means that somebody is there. */
async function isReachable(process: Process, address: string, timeoutMs: number): Promise<boolean> {
  if (address === process.system.network.ip || address.startsWith('127.')) return true;
  try {
    const connection = await withTimeout(process, process.system.network.connect(address, 7), timeoutMs);
    if (connection === 'late') return false;
    connection.reader.cancel();
    connection.writer.end();
    return true;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET';
  }
}

export const ping: Program = async (process) => {
  const options = parseOptions(process.args.slice(1), 'c:i:W:w:s:q46n');
  const host = options.operands[0] ?? '';
  let address: string | undefined;
  try {
    address = /^[\d.]+$/.test(host) ? host : (await process.block(process.system.network.lookup(host)))[0];
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  }
  if (address === undefined) return process.complain(`ping: bad address '${host}'`);
  const count = Number(options.value('c') ?? Number.POSITIVE_INFINITY);
  const intervalMs = Number(options.value('i') ?? '1') * 1000;
  const timeoutMs = Number(options.value('W') ?? '10') * 1000;
  await process.print(`PING ${host} (${address}): 56 data bytes\n`);
  let received = 0;
  let sent = 0;
  const summary = () => process.print(`\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${sent === 0 ? 0 : Math.round(((sent - received) / sent) * 100)}% packet loss\n`);
  process.handle('INT', () => {
    summary().then(() => process.finish(received > 0 ? 0 : 1), () => undefined);
  });
  for (let sequence = 0; sequence < count; sequence++) {
    const startMs = process.system.nowMs();
    sent++;
    if (await isReachable(process, address, timeoutMs)) {
      received++;
      await process.print(`64 bytes from ${address}: seq=${sequence} ttl=64 time=${(process.system.nowMs() - startMs).toFixed(3)} ms\n`);
    }
    if (sequence + 1 < count) await process.sleep(Math.max(0, intervalMs - (process.system.nowMs() - startMs)));
  }
  await summary();
  return received > 0 ? 0 : 1;
};

export const ip: Program = async (process) => {
  const topic = process.args.slice(1).find((arg) => !arg.startsWith('-')) ?? '';
  const { network } = process.system;
  if ('address'.startsWith(topic) && topic !== '') {
    await process.print(`1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n2: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue\n    link/ether ${hardwareAddress(network.ip)} brd ff:ff:ff:ff:ff:ff\n    inet ${network.ip}/24 brd ${network.ip.replace(/\.\d+$/, '.255')} scope global eth0\n       valid_lft forever preferred_lft forever\n`);
    return 0;
  }
  if ('route'.startsWith(topic) && topic !== '') {
    const gateway = network.ip.replace(/\.\d+$/, '.1');
    await process.print(`default via ${gateway} dev eth0 \n${network.ip.replace(/\.\d+$/, '.0')}/24 dev eth0 scope link  src ${network.ip} \n`);
    return 0;
  }
  return process.complain(`ip: this lab's ip knows addr and route only`);
};

export const ifconfig: Program = async (process) => {
  const { network } = process.system;
  await process.print(`eth0      Link encap:Ethernet  HWaddr ${hardwareAddress(network.ip).toUpperCase()}  \n          inet addr:${network.ip}  Bcast:${network.ip.replace(/\.\d+$/, '.255')}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\nlo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n`);
  return 0;
};

/** Made from the address, as Docker does. */
function hardwareAddress(address: string): string {
  return ['02', '42', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

