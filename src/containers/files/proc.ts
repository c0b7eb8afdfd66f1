import { encodeText } from '../../base/index.ts';
import type { Process } from '../process/process.ts';
import type { System } from '../process/system.ts';
import { type FileSystemNode, type FolderEntries, FileError, createGeneratedFile } from './nodes.ts';
import type { MountPoint } from './file-system.ts';
import { readOnlyFolder } from './mounts.ts';

/** /proc, as far as programs of the lab look into it: processes, memory, uptime, mounts. */
export function procMount(system: System): MountPoint {
  return readOnlyFolder(
    lazyFolder(
      () => ['self', 'cpuinfo', 'meminfo', 'uptime', 'loadavg', 'version', 'mounts', ...system.processes.map((process) => String(process.pid))],
      (name) => {
        switch (name) {
          case 'cpuinfo': return textFile(() => 'processor\t: 0\nmodel name\t: Drydock lab CPU (simulated)\n');
          case 'meminfo': return textFile(() => memoryInfo(system));
          case 'uptime': return textFile(() => `${uptimeSeconds(system).toFixed(2)} ${uptimeSeconds(system).toFixed(2)}\n`);
          case 'loadavg': return textFile(() => `0.00 0.00 0.00 1/${system.processes.length} ${Math.max(0, ...system.processes.map((process) => process.pid))}\n`);
          case 'version': return textFile(() => 'Linux version 0.0.0-drydock (simulated)\n');
          case 'mounts': return textFile(() => mountLines(system));
          case 'self': return processFolder(system.process(1));
          default: return /^\d+$/.test(name) ? processFolder(system.process(Number(name))) : undefined;
        }
      },
    ),
    'proc',
  );
}

/** Bytes of memory that the container may use, or what the lab calls a machine's memory. */
export function memoryBytes(system: System): number {
  return system.spec.memoryLimitBytes ?? 2 * 1024 * 1024 * 1024;
}

function memoryInfo(system: System): string {
  const total = Math.floor(memoryBytes(system) / 1024);
  return `MemTotal:       ${total} kB\nMemFree:        ${total} kB\nMemAvailable:   ${total} kB\n`;
}

/** The lines of /proc/mounts. */
export function mountLines(system: System): string {
  const lines = ['overlay / overlay rw 0 0'];
  for (const [path, mount] of system.files.mounts) lines.push(`${mount.source} ${path} ${mount.source} ${mount.readOnly ? 'ro' : 'rw'} 0 0`);
  return `${lines.join('\n')}\n`;
}

/** Seconds since the container started. */
export function uptimeSeconds(system: System): number {
  const first = system.process(1);
  return first === undefined ? 0 : (system.nowMs() - first.startedAtMs) / 1000;
}

function processFolder(process: Process | undefined): FileSystemNode | undefined {
  if (process === undefined) return undefined;
  const files: Readonly<Record<string, () => string>> = {
    cmdline: () => process.args.map((arg) => `${arg}\0`).join(''),
    comm: () => `${(process.args[0] ?? '').split('/').pop()?.slice(0, 15) ?? ''}\n`,
    environ: () => [...process.environment].map(([name, value]) => `${name}=${value}\0`).join(''),
    status: () => `Name:\t${(process.args[0] ?? '').split('/').pop()}\nState:\tS (sleeping)\nPid:\t${process.pid}\nPPid:\t${process.parent?.pid ?? 0}\n`,
  };
  return {
    kind: 'folder', mode: 0o555, modifiedAtMs: process.startedAtMs, owner: undefined,
    entries: lazyFolder(() => Object.keys(files), (name) => (Object.hasOwn(files, name) ? textFile(files[name] as () => string) : undefined)),
  };
}

function textFile(generate: () => string): FileSystemNode {
  return createGeneratedFile(() => encodeText(generate()));
}

function lazyFolder(names: () => readonly string[], get: (name: string) => FileSystemNode | undefined): FolderEntries {
  return {
    get,
    keys: names,
    get size() {
      return names().length;
    },
    set() {
      throw new FileError('EROFS');
    },
    delete() {
      throw new FileError('EROFS');
    },
  };
}
