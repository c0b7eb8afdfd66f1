/**
 * Runs inside a Node.js child, before the learner's program, and makes it believe that it is in its pod: hostname, files, and a network
 * in which it listens and connects as the pod does. Bundled to one CommonJS file; it may use Node.js, and nothing else of the lab but types.
 */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import fs from 'node:fs';
import Module, { createRequire, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import workerThreads from 'node:worker_threads';
import type { ChildMessage, HostMessage, StartMessage } from './node-messages.ts';

const headBytes = 96; // connectionHeadBytes
const send = process.send?.bind(process);
const channel = process.channel as { ref(): void; unref(): void } | undefined;
type Answer = Extract<HostMessage, { type: 'answer' }>;
const waiting = new Map<number, (answer: Answer) => void>();
let lastId = 0;

process.on('message', (message: HostMessage) => {
  if (message.type === 'start') start(message);
  else {
    const settle = waiting.get(message.id);
    waiting.delete(message.id);
    if (waiting.size === 0) channel?.unref();
    settle?.(message);
  }
});
process.on('disconnect', () => process.exit(1)); // the lab is gone

function tell(message: ChildMessage): void {
  send?.(message);
}

/** Asks the runtime; the program stays alive until the answer is there. */
function ask(make: (id: number) => ChildMessage, settle: (answer: Answer) => void): number {
  const id = ++lastId;
  waiting.set(id, settle);
  channel?.ref();
  tell(make(id));
  return id;
}

function start(message: StartMessage): void {
  const folder = makeFolder(message);
  tell({ type: 'ready', folder });
  patchProcess(message, folder);
  patchNetwork(message);
  patchNames(message);
  patchFiles(folder);
  patchMachine(folder);
  watchMemory(message.memoryBytesMax);
  syncBuiltinESMExports();
  if (waiting.size === 0) channel?.unref();
  runMain(message, folder);
}

// --- files

/** A private folder with the container's files; those of programs that are gone are cleared away. */
function makeFolder(message: StartMessage): string {
  fs.mkdirSync(message.rootFolder, { recursive: true, mode: 0o700 });
  const root = fs.realpathSync(message.rootFolder);
  for (const name of fs.readdirSync(root)) {
    const pid = Number(/^pod-(\d+)-/.exec(name)?.[1]);
    if (!Number.isNaN(pid) && !isAlive(pid)) fs.rmSync(path.join(root, name), { recursive: true, force: true });
  }
  const folder = fs.mkdtempSync(path.join(root, `pod-${process.pid}-`));
  for (const file of message.files) {
    const target = path.join(folder, file.path);
    if (!target.startsWith(folder + path.sep)) continue;
    if (file.kind === 'folder') fs.mkdirSync(target, { recursive: true });
    else if (file.kind === 'file') fs.writeFileSync(target, Buffer.from(file.data, 'base64'), { mode: file.mode | 0o600 });
    else fs.symlinkSync(file.data.startsWith('/') ? path.join(folder, file.data) : file.data, target);
  }
  const remove = fs.rmSync.bind(fs);
  process.once('exit', () => remove(folder, { recursive: true, force: true }));
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

type Callable = (this: unknown, ...args: unknown[]) => unknown;

const onePath = [
  'access', 'appendFile', 'chmod', 'chown', 'lchown', 'createReadStream', 'createWriteStream', 'exists', 'lstat', 'mkdir', 'mkdtemp', 'open', 'opendir', 'readFile', 'readdir', 'readlink',
  'realpath', 'rm', 'rmdir', 'stat', 'statfs', 'truncate', 'unlink', 'utimes', 'watch', 'watchFile', 'unwatchFile', 'writeFile',
];
const twoPaths = ['rename', 'copyFile', 'cp', 'link', 'symlink'];

/** Absolute paths of the container lead into the private folder. */
function patchFiles(folder: string): void {
  const map = (value: unknown): unknown => {
    if (typeof value !== 'string' || !value.startsWith('/') || value === folder || value.startsWith(`${folder}/`)) return value;
    return /^\/(?:dev|proc)(?:\/|$)/.test(value) ? value : path.join(folder, value);
  };
  const patch = (owner: Record<string, unknown>, name: string, count: number) => {
    const real = owner[name];
    if (typeof real !== 'function') return;
    const patched: Callable = function (this: unknown, ...args) {
      for (let index = 0; index < count && index < args.length; index++) args[index] = map(args[index]);
      return (real as Callable).apply(this, args);
    };
    owner[name] = Object.assign(patched, real); // realpath.native and the like stay
  };
  for (const owner of [fs, fs.promises] as unknown as Record<string, unknown>[]) {
    for (const [names, count] of [[onePath, 1], [twoPaths, 2]] as const) {
      for (const name of names) {
        patch(owner, name, count);
        patch(owner, `${name}Sync`, count);
      }
    }
  }
}

// --- the process

function patchProcess(message: StartMessage, folder: string): void {
  delete process.env.ELECTRON_RUN_AS_NODE;
  process.env.HOSTNAME ??= message.hostname;
  Reflect.deleteProperty(process, 'send');
  os.hostname = () => message.hostname;
  os.networkInterfaces = () => ({
    eth0: [{ address: message.ip, netmask: '255.255.255.0', family: 'IPv4', mac: '02:42:00:00:00:00', internal: false, cidr: `${message.ip}/24` }],
  });
  os.tmpdir = () => process.env.TMPDIR ?? '/tmp';
  const inside = path.join(folder, message.workingFolder);
  fs.mkdirSync(inside, { recursive: true });
  process.chdir(inside);
  const realCwd = process.cwd.bind(process);
  const realChdir = process.chdir.bind(process);
  process.cwd = () => realCwd().slice(folder.length) || '/';
  process.chdir = (target) => realChdir(target.startsWith('/') && !target.startsWith(folder) ? path.join(folder, target) : target);
  // As the kernel treats PID 1: what nobody handles is ignored.
  if (message.ignoresSignals) for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
}

/**
 * Closes the ways around the pod: the machine's own programs, which the container does not have, threads that this file does not
 * reach, and UDP, which the lab's network lacks. Against mistakes, not against malice: a process is no sandbox.
 */
function patchMachine(folder: string): void {
  const missing = (file: string) => Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT', errno: -2, syscall: `spawn ${file}`, path: file });
  const prototype = childProcess.ChildProcess.prototype as unknown as { spawn(options: { file: string }): unknown };
  const spawn = prototype.spawn;
  prototype.spawn = function (options) {
    return spawn.call(this, { ...options, file: path.join(folder, options.file.includes('/') ? options.file : `/usr/bin/${options.file}`) });
  };
  const refuse = (file: string) => {
    throw missing(file);
  };
  Object.assign(childProcess, {
    spawnSync: (file: string) => ({ pid: 0, output: [null, '', ''], stdout: '', stderr: '', status: null, signal: null, error: missing(file) }),
    execFileSync: refuse, execSync: () => refuse('/bin/sh'),
  });
  workerThreads.Worker = class {
    constructor() {
      throw new Error('worker threads can not run in this lab: their network would be the machine\'s own');
    }
  } as unknown as typeof workerThreads.Worker;
  const noUdp = (syscall: string) => function (this: dgram.Socket) {
    process.nextTick(() => this.emit('error', Object.assign(new Error(`${syscall} EPERM: this lab's network has no UDP`), { code: 'EPERM', syscall })));
    return this;
  };
  Object.assign(dgram.Socket.prototype, { bind: noUdp('bind'), send: noUdp('send'), connect: noUdp('connect') });
}

/** How often memory is looked at, in ms. A program that never lets go of the processor is not seen. */
const memoryPeriodMs = 100;

/** The heap has V8's own limit; buffers lie outside of it, so that all of it is counted here. */
function watchMemory(bytesMax: number): void {
  setInterval(() => {
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external > bytesMax) tell({ type: 'outOfMemory' });
  }, memoryPeriodMs).unref();
}

function runMain(message: StartMessage, folder: string): void {
  const args = [...message.args];
  let code: string | undefined;
  let prints = false;
  while (args[0]?.startsWith('-') === true && args[0] !== '-') {
    const option = args.shift() as string;
    if (option === '--') break;
    if (option === '-v' || option === '--version') {
      console.log(process.version);
      return;
    }
    if (option === '-e' || option === '--eval' || option === '-p' || option === '--print') {
      prints = option === '-p' || option === '--print';
      code = args.shift() ?? '';
    } else if (option === '-r' || option === '--require') createRequire(path.join(process.cwd(), 'x'))(args.shift() ?? '');
    // other options of node (--max-old-space-size, --inspect) are the lab's to set
  }
  if (code !== undefined) return runText(code, prints, args, folder);
  const main = args.shift();
  if (main === undefined || main === '-') {
    let text = '';
    process.stdin.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => runText(text, false, args, folder));
    return;
  }
  const absolute = path.resolve(path.join(folder, message.workingFolder), main.startsWith('/') ? path.join(folder, main) : main);
  process.argv = [process.argv[0] as string, absolute, ...args];
  (Module as unknown as { runMain(): void }).runMain();
}

function runText(code: string, prints: boolean, args: readonly string[], folder: string): void {
  process.argv = [process.argv[0] as string, ...args];
  Object.assign(globalThis, { require: createRequire(path.join(folder, '[eval]')) });
  const value: unknown = vm.runInThisContext(code, { filename: '[eval]' });
  if (prints) console.log(value);
}

// --- the network

interface VirtualAddress {
  readonly port: number;
  readonly address: string;
}

const virtualAddresses = new WeakMap<net.Server, VirtualAddress>();
const admitted = new WeakSet<net.Socket>();

function networkError(code: string, syscall: string, host: string, port: number): Error {
  const isName = code === 'ENOTFOUND';
  const text = isName ? `getaddrinfo ENOTFOUND ${host}` : syscall === 'listen' ? `listen EADDRINUSE: address already in use ${host}:${port}` : `connect ${code} ${host}:${port}`;
  const errno = (os.constants.errno as Record<string, number>)[code];
  return Object.assign(new Error(text), isName ? { errno: -3008, code, syscall: 'getaddrinfo', hostname: host } : { errno: errno === undefined ? undefined : -errno, code, syscall, address: host, port });
}

function patchNetwork(message: StartMessage): void {
  const realListen = net.Server.prototype.listen as unknown as Callable;
  const realAddress = net.Server.prototype.address;
  const realEmit = net.Server.prototype.emit as unknown as Callable;
  const realConnect = net.Socket.prototype.connect as unknown as Callable;

  const listen: Callable = function (...args) {
    const server = this as net.Server;
    const { options, callback } = readListenArguments(args);
    if (options === undefined) return realListen.apply(server, args);
    if (callback !== undefined) server.once('listening', callback as () => void);
    const host = options.host ?? '::';
    const loopbackOnly = host === 'localhost' || host === '::1' || host.startsWith('127.');
    const id = ask((own) => ({ type: 'listen', id: own, port: options.port, loopbackOnly }), (answer) => {
      if (answer.error !== undefined || answer.port === undefined) {
        server.emit('error', networkError(answer.error?.code ?? 'EADDRINUSE', 'listen', host === '::' ? ':::' : host, options.port));
        return;
      }
      virtualAddresses.set(server, { port: answer.port, address: host });
      server.once('close', () => tell({ type: 'close', id }));
      server.prependOnceListener('listening', () => {
        const real = realAddress.call(server);
        if (real !== null && typeof real === 'object') tell({ type: 'listening', id, realPort: real.port });
      });
      realListen.call(server, { port: 0, host: '127.0.0.1', exclusive: true });
    });
    return server;
  };
  net.Server.prototype.listen = listen as unknown as typeof net.Server.prototype.listen;

  net.Server.prototype.address = function (this: net.Server) {
    const virtual = virtualAddresses.get(this);
    if (virtual === undefined || !this.listening) return realAddress.call(this);
    return { address: virtual.address, family: virtual.address.includes(':') ? 'IPv6' : 'IPv4', port: virtual.port };
  };

  const emit: Callable = function (...args) {
    const server = this as net.Server;
    const socket = args[1];
    const virtual = virtualAddresses.get(server);
    if (args[0] === 'connection' && virtual !== undefined && socket instanceof net.Socket && !admitted.has(socket)) {
      admit(socket, message, virtual, () => realEmit.call(server, 'connection', socket));
      return true;
    }
    return realEmit.apply(server, args);
  };
  net.Server.prototype.emit = emit as unknown as typeof net.Server.prototype.emit;

  const connect: Callable = function (...args) {
    const socket = this as net.Socket & { connecting: boolean };
    const { options, callback } = readConnectArguments(args);
    if (options.path !== undefined) return realConnect.apply(socket, args);
    const host = options.host ?? 'localhost';
    const port = Number(options.port);
    Object.assign(socket, { connecting: true }); // so that what is written meanwhile waits
    if (typeof callback === 'function') socket.once('connect', callback as () => void);
    if (typeof options.timeout === 'number') socket.setTimeout(options.timeout);
    ask((id) => ({ type: 'connect', id, host, port }), (answer) => {
      if (socket.destroyed) return;
      if (answer.port === undefined) {
        socket.destroy(networkError(answer.error?.code ?? 'ECONNREFUSED', 'connect', host === 'localhost' ? '127.0.0.1' : host, port));
        return;
      }
      realConnect.call(socket, { host: '127.0.0.1', port: answer.port });
      describe(socket, { remoteAddress: net.isIP(host) === 0 ? (host === 'localhost' ? '127.0.0.1' : message.ip) : host, remotePort: port, remoteFamily: 'IPv4', localAddress: message.ip });
    });
    return socket;
  };
  net.Socket.prototype.connect = connect as unknown as typeof net.Socket.prototype.connect;
}

/** Takes the runtime's first line off a connection: who the peer in the cluster is. */
function admit(socket: net.Socket, message: StartMessage, virtual: VirtualAddress, accept: () => void): void {
  const onReadable = () => {
    const head = socket.read(headBytes) as Buffer | null;
    if (head === null) return;
    socket.off('readable', onReadable);
    socket.off('error', ignore);
    const [token, ip = '', port = '0'] = head.toString('latin1').trim().split(' ');
    if (token !== message.token) {
      socket.destroy();
      return;
    }
    const mapped = (address: string) => (virtual.address === '::' ? `::ffff:${address}` : address);
    describe(socket, {
      remoteAddress: mapped(ip), remotePort: Number(port), remoteFamily: virtual.address === '::' ? 'IPv6' : 'IPv4',
      localAddress: mapped(ip.startsWith('127.') ? '127.0.0.1' : message.ip), localPort: virtual.port,
    });
    admitted.add(socket);
    setImmediate(accept); // after the stream has forgotten its `readable` listener
  };
  const ignore = () => undefined;
  socket.on('error', ignore);
  socket.on('readable', onReadable);
}

function describe(socket: net.Socket, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) Object.defineProperty(socket, name, { value, configurable: true, enumerable: true });
}

interface ListenOptions {
  readonly port: number;
  readonly host: string | undefined;
}

/** options: undefined where it is a path or a handle, which stays the machine's. */
function readListenArguments(args: readonly unknown[]): { options: ListenOptions | undefined; callback: unknown } {
  const callback = args.findLast((arg) => typeof arg === 'function');
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) {
    const given = first as { port?: unknown; host?: unknown; path?: unknown; fd?: unknown; _handle?: unknown };
    if (given.path !== undefined || given.fd !== undefined || given._handle !== undefined) return { options: undefined, callback };
    return { options: { port: Number(given.port ?? 0), host: typeof given.host === 'string' ? given.host : undefined }, callback };
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { options: undefined, callback };
  return { options: { port: typeof first === 'function' || first === undefined || first === null ? 0 : Number(first), host: typeof second === 'string' ? second : undefined }, callback };
}

interface ConnectOptions {
  readonly port?: unknown;
  readonly host?: string;
  readonly path?: unknown;
  readonly timeout?: unknown;
}

function readConnectArguments(args: readonly unknown[]): { options: ConnectOptions; callback: unknown } {
  const [first] = args;
  if (Array.isArray(first)) return { options: (first[0] ?? {}) as ConnectOptions, callback: first[1] as unknown }; // as net.connect normalises
  const callback = args.findLast((arg) => typeof arg === 'function');
  if (typeof first === 'object' && first !== null) return { options: first as ConnectOptions, callback };
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { options: { path: first }, callback };
  return { options: { port: first, ...(typeof args[1] === 'string' ? { host: args[1] } : {}) }, callback };
}

/** Names are the cluster DNS's. */
function patchNames(message: StartMessage): void {
  const resolve = (name: string, settle: (error: Error | undefined, addresses: readonly string[]) => void) => {
    if (net.isIP(name) !== 0) settle(undefined, [name]);
    else if (name === 'localhost') settle(undefined, ['127.0.0.1']);
    else if (name === message.hostname) settle(undefined, [message.ip]);
    else ask((id) => ({ type: 'lookup', id, name }), (answer) => settle(answer.addresses === undefined ? networkError('ENOTFOUND', 'getaddrinfo', name, 0) : undefined, answer.addresses ?? []));
  };
  const lookup: Callable = (name, options, callback) => {
    const done = (typeof options === 'function' ? options : callback) as (error: Error | null, address?: unknown, family?: number) => void;
    const all = typeof options === 'object' && options !== null && (options as { all?: boolean }).all === true;
    process.nextTick(() => resolve(String(name), (error, addresses) => {
      if (error !== undefined) done(error);
      else if (all) done(null, addresses.map((address) => ({ address, family: 4 })));
      else done(null, addresses[0], 4);
    }));
    return {};
  };
  const promised = (name: unknown, options?: unknown) => new Promise((settle, reject) => {
    lookup(name, options ?? {}, (error: Error | null, address: unknown, family: number) => {
      if (error !== null) reject(error);
      else settle(Array.isArray(address) ? address : { address, family });
    });
  });
  const resolve4: Callable = (name, options, callback) => {
    const done = (typeof options === 'function' ? options : callback) as (error: Error | null, addresses?: readonly string[]) => void;
    resolve(String(name), (error, addresses) => (error === undefined ? done(null, addresses) : done(error)));
  };
  const promisedResolve = (name: unknown) => new Promise((settle, reject) => resolve(String(name), (error, addresses) => (error === undefined ? settle(addresses) : reject(error))));
  Object.assign(dns, { lookup, resolve: resolve4, resolve4 });
  Object.assign(dns.promises, { lookup: promised, resolve: promisedResolve, resolve4: promisedResolve });
}
