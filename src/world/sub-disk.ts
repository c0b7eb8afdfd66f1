import type { Disk } from './world.ts';

/** A folder of a disk as a disk of its own. */
export function subDisk(disk: Disk, folder: string): Disk {
  const within = (path: string) => (path === '' ? folder : `${folder}/${path}`);
  return {
    read: (path) => disk.read(within(path)),
    writeAtomic: (path, bytes) => disk.writeAtomic(within(path), bytes),
    openAppend: (path) => disk.openAppend(within(path)),
    list: (path) => disk.list(within(path)),
    remove: (path) => disk.remove(within(path)),
    lock: () => disk.lock(),
  };
}
