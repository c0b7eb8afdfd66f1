import { type ByteDuplex, type ByteReader, decodeText, encodeBase64, encodeText, joinDuplexes, messageOf } from '../../base/index.ts';
import { NetworkError, type PodConnection, type PodListener } from '../../network/index.ts';
import type { ChildProcess, World } from '../../world/index.ts';
import type { FileSystem } from '../files/file-system.ts';
import { fileBytes } from '../files/nodes.ts';
import { joinPath } from '../files/path.ts';
import { type ChildMessage, type HostMessage, type NodeFile, connectionHeadBytes } from './node-messages.ts';
import type { Process, Program } from './process.ts';
import { type SignalName, signalNumbers } from './signals.ts';
import { programMark } from './system.ts';

/** Heap of a Node.js program without a memory limit, in MiB. */
const heapMiBDefault = 128;
/** Heap and buffers of a Node.js program without a memory limit, in bytes: what a learner's machine can spare. */
const memoryBytesDefault = 512 * 1024 * 1024;
/** Bytes of files that a container may hand to its Node.js program. */
const nodeFilesBytesMax = 64 * 1024 * 1024;

/** Where Node.js programs get their files, and what is loaded before them. */
export interface ProcessFiles {
  /** The built preload.ts, a CommonJS file. */
  readonly preloadPath: string;
  /** A folder of the machine below which each program gets a private one. */
  readonly rootFolder: string;
}

/** What a container says that may not run the user's programs. */
export const untrustedText =
  'this workspace is not trusted, so its programs do not run on this machine. Trust it ("Workspaces: Manage Workspace Trust" in VS Code, or trusted: true) and create the pod again';

const forwardedSignals = ['TERM', 'INT', 'HUP', 'USR1', 'USR2'] as const satisfies readonly SignalName[];

/** The `node` program: a child process of this machine whose network is the pod's. */
export function createNodeProgram(world: World, files: ProcessFiles | undefined): Program {
  return async (process) => {
    if (!process.system.spec.trusted) return process.complain(`node: ${untrustedText}`, 126);
    if (files === undefined) return process.complain('node: no folder is set for Node.js programs (processFiles), so they can not run here', 126);
    return new NodeRun(world, files, process).run();
  };
}

class NodeRun {
  private readonly world: World;
  private readonly files: ProcessFiles;
  private readonly process: Process;
  private readonly token: string;
  private readonly listeners = new Map<number, { readonly listener: PodListener; readonly realPort: Promise<number>; readonly setRealPort: (port: number) => void }>();
  private child: ChildProcess | undefined;
  private folder: string | undefined;
  private sawOutOfMemory = false;

  constructor(world: World, files: ProcessFiles, process: Process) {
    this.world = world;
    this.files = files;
    this.process = process;
    this.token = [...world.random.bytes(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  async run(): Promise<number> {
    const { process } = this;
    const { system } = process;
    const limit = system.spec.memoryLimitBytes;
    let child: ChildProcess;
    try {
      child = this.world.processes.fork({
        entryPath: this.files.preloadPath, args: [], preloadPaths: [],
        workingFolder: this.files.preloadPath.replace(/[\\/][^\\/]*$/, '') || '/',
        environment: Object.fromEntries(process.environment),
        heapMiBMax: limit === undefined ? heapMiBDefault : Math.max(16, Math.floor((limit / 1024 / 1024) * 0.8)),
      });
    } catch (error) {
      return process.complain(`node: can not run here: ${messageOf(error)}`, 126);
    }
    this.child = child;
    process.onExit(() => {
      child.kill('SIGKILL');
      for (const { listener } of this.listeners.values()) listener.dispose();
    });
    for (const signal of forwardedSignals) process.handle(signal, () => child.kill(`SIG${signal}`));
    child.onMessage((message) => this.receive(message as ChildMessage));
    this.send({
      type: 'start', args: process.args.slice(1), hostname: system.hostname, ip: system.network.ip, workingFolder: process.workingFolder,
      rootFolder: this.files.rootFolder, token: this.token, ignoresSignals: system.ignoresSignalsAtInit && process.pid === 1,
      memoryBytesMax: limit ?? memoryBytesDefault, files: collectFiles(system.files),
    });
    void this.feedStdin(child);
    const [exit] = await process.block(Promise.all([child.exited, this.pump(child.stdout, 1), this.pump(child.stderr, 2)]));
    if (this.sawOutOfMemory) {
      system.noteOutOfMemory(process);
      return 137;
    }
    if (exit.code !== undefined) return exit.code;
    return 128 + (signalNumbers[(exit.signal ?? 'SIGKILL').slice(3) as SignalName] ?? 9);
  }

  private send(message: HostMessage): void {
    this.child?.send(message);
  }

  private async feedStdin(child: ChildProcess): Promise<void> {
    try {
      for (let chunk = await this.process.read(0); chunk !== undefined; chunk = await this.process.read(0)) await child.stdin.write(chunk);
    } catch {
      // the program has ended or closed its input
    }
    child.stdin.end();
  }

  /** Output to the container, with the machine's private folder written as the container sees it. */
  private async pump(reader: ByteReader, descriptor: 1 | 2): Promise<void> {
    try {
      for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
        if (descriptor === 2 && !this.sawOutOfMemory && decodeText(chunk).includes('JavaScript heap out of memory')) this.sawOutOfMemory = true;
        await this.process.write(descriptor, this.folder === undefined ? chunk : hideFolder(chunk, this.folder));
      }
    } catch {
      reader.cancel(); // the container has ended
    }
  }

  private receive(message: ChildMessage): void {
    switch (message.type) {
      case 'ready':
        this.folder = message.folder;
        return;
      case 'outOfMemory':
        this.sawOutOfMemory = true;
        this.child?.kill('SIGKILL');
        return;
      case 'listen':
        this.listen(message.id, message.port, message.loopbackOnly);
        return;
      case 'listening':
        this.listeners.get(message.id)?.setRealPort(message.realPort);
        return;
      case 'close':
        this.listeners.get(message.id)?.listener.dispose();
        this.listeners.delete(message.id);
        return;
      case 'connect':
        void this.connect(message.id, message.host, message.port);
        return;
      case 'lookup':
        this.process.system.network.lookup(message.name).then(
          (addresses) => this.send({ type: 'answer', id: message.id, addresses }),
          (error: unknown) => this.fail(message.id, error),
        );
    }
  }

  private fail(id: number, error: unknown): void {
    this.send({ type: 'answer', id, error: { code: error instanceof NetworkError ? error.code : 'ECONNREFUSED' } });
  }

  /** Takes the port in the pod at once; connections wait until the child's real socket is open. */
  private listen(id: number, port: number, loopbackOnly: boolean): void {
    let setRealPort: (port: number) => void = () => undefined;
    const realPort = new Promise<number>((resolve) => {
      setRealPort = resolve;
    });
    try {
      const listener = this.process.system.network.listen(port, (connection) => void this.accept(connection, realPort), { loopbackOnly });
      this.listeners.set(id, { listener, realPort, setRealPort });
      this.send({ type: 'answer', id, port: listener.port });
    } catch (error) {
      this.fail(id, error);
    }
  }

  private async accept(connection: PodConnection, realPort: Promise<number>): Promise<void> {
    try {
      const inner = await this.world.sockets.connect(await realPort);
      await inner.writer.write(encodeText(`${this.token} ${connection.remoteIp} ${connection.remotePort}`.padEnd(connectionHeadBytes)));
      await joinDuplexes(connection, inner);
    } catch {
      connection.reader.cancel();
      connection.writer.abort(new NetworkError('ECONNRESET', 'read ECONNRESET'));
    }
  }

  /** Connects in the pod's network, then opens a door on the machine's loopback that takes one connection: the child's. */
  private async connect(id: number, host: string, port: number): Promise<void> {
    let outer: ByteDuplex;
    try {
      outer = await this.process.system.network.connect(host, port);
    } catch (error) {
      this.fail(id, error);
      return;
    }
    try {
      await this.openDoor(id, outer);
    } catch (error) {
      outer.writer.end();
      this.fail(id, error);
    }
  }

  private async openDoor(id: number, outer: ByteDuplex): Promise<void> {
    let isTaken = false;
    const door = await this.world.sockets.listen(0, (inner) => {
      if (isTaken) {
        inner.reader.cancel();
        inner.writer.end();
        return;
      }
      isTaken = true;
      void joinDuplexes(outer, inner).then(() => door.dispose());
    });
    this.process.onExit(() => {
      door.dispose();
      if (!isTaken) outer.writer.end();
    });
    this.send({ type: 'answer', id, port: door.port });
  }
}

function hideFolder(chunk: Uint8Array, folder: string): Uint8Array {
  const text = decodeText(chunk);
  return text.includes(folder) ? encodeText(text.replaceAll(`file://${folder}`, 'file://').replaceAll(folder, '')) : chunk;
}

/** The container's files, without devices, /proc and the lab's own programs. */
function collectFiles(files: FileSystem): readonly NodeFile[] {
  const found: NodeFile[] = [];
  let totalBytes = 0;
  const visit = (folder: string) => {
    for (const name of files.list(folder)) {
      const path = joinPath(folder, name);
      if (path === '/proc' || path === '/dev' || path === '/sys') continue;
      const node = files.find(path, false)?.node;
      if (node === undefined || node.kind === 'device') continue;
      if (node.kind === 'link') found.push({ path, kind: 'link', data: node.target, mode: 0o777 });
      else if (node.kind === 'folder') {
        found.push({ path, kind: 'folder', data: '', mode: node.mode });
        visit(path);
      } else {
        const bytes = fileBytes(node);
        if (decodeText(bytes.subarray(0, programMark.length)) === programMark) continue;
        totalBytes += bytes.length;
        if (totalBytes > nodeFilesBytesMax) throw new Error(`the container's files are larger than ${nodeFilesBytesMax} bytes, the lab's limit for a Node.js program`);
        found.push({ path, kind: 'file', data: encodeBase64(bytes), mode: node.mode });
      }
    }
  };
  visit('/');
  return found;
}
