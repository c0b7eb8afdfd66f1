import { encodeText } from '../../base/index.ts';
import type { Mount } from '../cri.ts';
import { type DeviceName, type FileSystemNode, type FolderEntries, type FolderNode, FileError, createFileNode, createFolderNode } from './nodes.ts';
import type { MountPoint } from './file-system.ts';
import { Volume } from './volume.ts';

/** Files given by value, seen as folders. The map is read at each look, so that an update of a ConfigMap shows. */
class ValueFolder implements FolderEntries {
  private readonly files: ReadonlyMap<string, Uint8Array>;
  private readonly prefix: string;
  private readonly changedAtMs: number;

  constructor(files: ReadonlyMap<string, Uint8Array>, prefix: string, changedAtMs: number) {
    this.files = files;
    this.prefix = prefix;
    this.changedAtMs = changedAtMs;
  }

  get(name: string): FileSystemNode | undefined {
    const bytes = this.files.get(this.prefix + name);
    if (bytes !== undefined) return createFileNode(undefined, bytes, 0o644, this.changedAtMs);
    const below = `${this.prefix}${name}/`;
    for (const path of this.files.keys()) if (path.startsWith(below)) return valueFolder(this.files, below, this.changedAtMs);
    return undefined;
  }

  *keys(): Iterable<string> {
    const seen = new Set<string>();
    for (const path of this.files.keys()) {
      if (!path.startsWith(this.prefix)) continue;
      const name = path.slice(this.prefix.length).split('/', 1)[0] as string;
      if (!seen.has(name)) yield name;
      seen.add(name);
    }
  }

  get size(): number {
    return [...this.keys()].length;
  }

  set(): never {
    throw new FileError('EROFS');
  }

  delete(): never {
    throw new FileError('EROFS');
  }
}

function valueFolder(files: ReadonlyMap<string, Uint8Array>, prefix: string, changedAtMs: number): FolderNode {
  return { kind: 'folder', mode: 0o755, modifiedAtMs: changedAtMs, entries: new ValueFolder(files, prefix, changedAtMs), owner: undefined };
}

const readOnlyVolume = new Volume(createFolderNode(undefined), { readOnly: true });

/** The mount point of a CRI mount. sharedFolder gives the pod's folder of a name. Throws FileError ENOENT where a subPath leads nowhere. */
export function toMountPoint(mount: Mount, sharedFolder: (name: string) => Volume, nowMs: number): MountPoint {
  if (mount.sharedFolder !== undefined) {
    const volume = sharedFolder(mount.sharedFolder);
    const node = mount.subPath === undefined ? volume.root : ownedSubFolder(volume, mount.subPath, nowMs);
    return { node, volume, readOnly: mount.readOnly, source: 'tmpfs' };
  }
  const files = mount.files ?? new Map<string, Uint8Array>();
  const root = valueFolder(files, '', nowMs);
  // upstream: configMap, secret, downwardAPI and projected volumes are always read-only
  if (mount.subPath === undefined) return { node: root, volume: readOnlyVolume, readOnly: true, source: 'tmpfs' };
  let node: FileSystemNode | undefined = root;
  for (const part of mount.subPath.split('/')) if (part !== '') node = node?.kind === 'folder' ? node.entries.get(part) : undefined;
  if (node === undefined) throw new FileError('ENOENT');
  return { node, volume: readOnlyVolume, readOnly: true, source: 'tmpfs' };
}

/** A folder of an emptyDir; made where there is none, as the kubelet does for subPath. */
function ownedSubFolder(volume: Volume, path: string, nowMs: number): FileSystemNode {
  let node: FileSystemNode = volume.root;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (node.kind !== 'folder' || part === '..') throw new FileError('ENOTDIR');
    let next: FileSystemNode | undefined = node.entries.get(part);
    if (next === undefined) {
      next = createFolderNode(volume, 0o750, nowMs);
      node.entries.set(part, next);
    }
    node = next;
  }
  return node;
}

const devices: readonly DeviceName[] = ['null', 'zero', 'full', 'urandom', 'stdin', 'stdout', 'stderr', 'tty'];

/** /dev: one for all containers; nothing in it can be changed but what is mounted there. */
export const deviceMount: MountPoint = {
  node: {
    kind: 'folder', mode: 0o755, modifiedAtMs: 0, owner: undefined,
    entries: new Map<string, FileSystemNode>([
      ...devices.map((device) => [device, { kind: 'device', device }] as const),
      ['random', { kind: 'device', device: 'urandom' }],
      ['fd', { kind: 'link', target: '/proc/self/fd', modifiedAtMs: 0 }],
      ['shm', createFolderNode(undefined, 0o1777)],
    ]),
  },
  volume: readOnlyVolume, readOnly: true, source: 'tmpfs',
};

/** A file that the runtime writes into a container: /etc/hosts and the like. */
export function fileMount(text: string, options: { readonly readOnly: boolean; readonly source: string; readonly bytesMax?: number }): MountPoint {
  const volume = new Volume(undefined, { bytesMax: options.bytesMax ?? 1024 * 1024 });
  return { node: createFileNode(volume, encodeText(text)), volume, readOnly: options.readOnly, source: options.source };
}

/** A folder mount that belongs to nobody and can't be written. */
export function readOnlyFolder(entries: FolderEntries, source: string): MountPoint {
  return { node: { kind: 'folder', mode: 0o555, modifiedAtMs: 0, entries, owner: undefined }, volume: readOnlyVolume, readOnly: true, source };
}
