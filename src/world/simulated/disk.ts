import { toDisposable } from '../../base/index.ts';
import { type Disk, DiskError, type Random } from '../world.ts';

interface File {
  bytes: Uint8Array;
  /** Up to here the file survives a crash. */
  durableBytes: number;
}

/** A disk in memory that can fill up, fail, and lose what was not synced. */
export interface SimulatedDisk extends Disk {
  /**
   * The machine loses power and comes back with the disk that is returned: of what was not synced a random prefix stays,
   * with a random bit flipped now and then. This object belonged to what ran before: its calls never settle any more.
   */
  crash(): SimulatedDisk;
  /** Writes beyond so many bytes in all fail with ENOSPC. */
  capacityBytes: number;
  /** The next sync fails with EIO. */
  failNextSync: boolean;
  /** Direct access for tests that damage files. */
  readonly files: Map<string, { bytes: Uint8Array }>;
}

/** An empty disk; random decides what a crash keeps. */
export function createSimulatedDisk(random: Random): SimulatedDisk {
  return openDisk(random, new Map());
}

function openDisk(random: Random, files: Map<string, File>): SimulatedDisk {
  let locked = false;
  let dead = false;
  /** Every call goes through here. */
  const whileAlive = <T>(run: () => T): Promise<T> => {
    if (dead) return new Promise(() => undefined);
    return Promise.resolve().then(() => (dead ? new Promise<never>(() => undefined) : run()));
  };
  const usedBytes = () => {
    let total = 0;
    for (const file of files.values()) total += file.bytes.length;
    return total;
  };
  const reserve = (bytes: number) => {
    if (usedBytes() + bytes > disk.capacityBytes) throw new DiskError('ENOSPC', 'no space left on device');
  };
  const disk: SimulatedDisk = {
    capacityBytes: Number.POSITIVE_INFINITY,
    failNextSync: false,
    files,
    read: (path) => whileAlive(() => files.get(path)?.bytes.slice()),
    writeAtomic: (path, bytes) => whileAlive(() => {
      reserve(bytes.length);
      files.set(path, { bytes: bytes.slice(), durableBytes: bytes.length });
    }),
    openAppend: (path) => whileAlive(() => {
      const file = files.get(path) ?? { bytes: new Uint8Array(), durableBytes: 0 };
      files.set(path, file);
      return {
        get lengthBytes() {
          return file.bytes.length;
        },
        append: (bytes) => whileAlive(() => {
          reserve(bytes.length);
          file.bytes = appended(file.bytes, bytes);
        }),
        sync: () => whileAlive(() => {
          if (disk.failNextSync) {
            disk.failNextSync = false;
            throw new DiskError('EIO', 'i/o error');
          }
          file.durableBytes = file.bytes.length;
        }),
        truncate: (lengthBytes) => whileAlive(() => {
          file.bytes = file.bytes.slice(0, lengthBytes);
          file.durableBytes = Math.min(file.durableBytes, lengthBytes);
        }),
        close: () => whileAlive(() => undefined),
      };
    }),
    list: (folder) => whileAlive(() => {
      const prefix = folder === '' ? '' : `${folder}/`;
      const names = new Set<string>();
      for (const path of files.keys()) if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/')[0] as string);
      return [...names].sort();
    }),
    remove: (path) => whileAlive(() => void files.delete(path)),
    lock: () => whileAlive(() => {
      if (locked) throw new DiskError('ELOCKED', 'the folder is in use');
      locked = true;
      return toDisposable(() => {
        locked = false;
      });
    }),
    crash() {
      dead = true;
      for (const file of files.values()) {
        const unsynced = file.bytes.length - file.durableBytes;
        const kept = file.durableBytes + Math.floor(random.next() * (unsynced + 1));
        file.bytes = file.bytes.slice(0, kept);
        if (kept > file.durableBytes && random.next() < 0.3) {
          const at = file.durableBytes + Math.floor(random.next() * (kept - file.durableBytes));
          file.bytes[at] = (file.bytes[at] as number) ^ (1 << Math.floor(random.next() * 8));
        }
        file.durableBytes = file.bytes.length;
      }
      return openDisk(random, new Map([...files].map(([path, file]) => [path, { ...file }])));
    },
  };
  return disk;
}

/** Buffers with room behind what is used, made here: nobody else's bytes are in them. */
const growing = new WeakSet<ArrayBufferLike>();

/** Appending costs what is appended, not the whole file. */
function appended(file: Uint8Array, bytes: Uint8Array): Uint8Array {
  const length = file.length + bytes.length;
  if (growing.has(file.buffer) && file.buffer.byteLength >= length) {
    const longer = new Uint8Array(file.buffer, 0, length);
    longer.set(bytes, file.length);
    return longer;
  }
  const longer = new Uint8Array(new ArrayBuffer(2 * length), 0, length);
  growing.add(longer.buffer);
  longer.set(file);
  longer.set(bytes, file.length);
  return longer;
}
