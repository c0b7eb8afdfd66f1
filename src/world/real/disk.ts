import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Disposable, messageOf, toDisposable } from '../../base/index.ts';
import { type AppendFile, type Disk, DiskError } from '../world.ts';
import { rmSync } from 'node:fs';

const LOCK_NAME = 'lock';

/** Files below rootFolder, which is made, with mode 0700, at the first write. */
export function createRealDisk(rootFolder: string): Disk {
  const absolute = (relative: string) => path.join(rootFolder, relative);
  const disk: Disk = {
    async read(relative) {
      try {
        return await readFile(absolute(relative));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw toDiskError(error);
      }
    },
    writeAtomic: (relative, bytes) => mapErrors(async () => {
      const target = absolute(relative);
      const temporary = `${target}.tmp`;
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
      await syncFolder(path.dirname(target));
    }),
    openAppend: (relative) => mapErrors(async () => {
      const target = absolute(relative);
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      const file = await open(target, 'a+', 0o600);
      await syncFolder(path.dirname(target));
      return createAppendFile(file, (await file.stat()).size);
    }),
    async list(folder) {
      try {
        return (await readdir(absolute(folder))).sort();
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw toDiskError(error);
      }
    },
    remove: (relative) => mapErrors(() => rm(absolute(relative), { recursive: true, force: true })),
    lock: () => mapErrors(() => lockFolder(rootFolder)),
  };
  return disk;
}

function createAppendFile(file: FileHandle, sizeBytes: number): AppendFile {
  let lengthBytes = sizeBytes;
  return {
    get lengthBytes() {
      return lengthBytes;
    },
    append: (bytes) => mapErrors(async () => {
      let offset = 0;
      while (offset < bytes.length) offset += (await file.write(bytes, offset)).bytesWritten;
      lengthBytes += bytes.length;
    }),
    sync: () => mapErrors(() => file.datasync()),
    truncate: (length) => mapErrors(async () => {
      await file.truncate(length);
      lengthBytes = length;
    }),
    close: () => mapErrors(() => file.close()),
  };
}

/** A file with the holder's process id. A lock whose process is gone (kill -9) is taken over. */
async function lockFolder(folder: string): Promise<Disposable> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = path.join(folder, LOCK_NAME);
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(name, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return toDisposable(() => rmSync(name, { force: true }));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(name, 'utf8').catch(() => ''));
    if (isAlive(holder)) throw new DiskError('ELOCKED', `${folder} is in use by process ${holder}`);
    await rm(name, { force: true });
  }
  throw new DiskError('ELOCKED', `${folder} is in use`);
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0 || processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Makes a new name in a folder durable. Windows can't open folders and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function mapErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toDiskError(error);
  }
}

function toDiskError(error: unknown): unknown {
  if (error instanceof DiskError) return error;
  const code = codeOf(error);
  const message = messageOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskError('ENOSPC', message);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new DiskError('EACCES', message);
  if (code === 'ENOENT') return new DiskError('ENOENT', message);
  return new DiskError('EIO', message);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
