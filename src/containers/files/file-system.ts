import { joinPath } from './path.ts';
import { type FileNode, type FileSystemNode, type FolderNode, FileError, createFileNode, createFolderNode, fileBytes } from './nodes.ts';
import type { Volume } from './volume.ts';

const linksFollowedMax = 40; // as Linux: MAXSYMLINKS

/** A tree that appears at a path of a container: a volume, one of its folders, or one file. */
export interface MountPoint {
  readonly node: FileSystemNode;
  readonly volume: Volume;
  readonly readOnly: boolean;
  /** For mounts.* and df: what `mount` prints as the source, e.g. tmpfs. */
  readonly source: string;
}

/** Where a path led. */
export interface Found {
  readonly node: FileSystemNode;
  /** The path without links, `.` and `..`. */
  readonly path: string;
  readonly volume: Volume;
  readonly readOnly: boolean;
}

interface Step {
  node: FileSystemNode;
  readonly name: string;
  readonly path: string;
  readonly volume: Volume;
  readonly readOnly: boolean;
  readonly isMountPoint: boolean;
}

/** A file that is open: its position is the opener's business. */
export interface OpenedFile {
  readonly node: FileNode;
  readonly volume: Volume;
}

/** What a container sees: its own layer over the image, and what is mounted. All paths are absolute. Throws FileError. */
export class FileSystem {
  readonly mounts: ReadonlyMap<string, MountPoint>;
  private readonly root: Volume;
  private readonly nowMs: () => number;

  constructor(root: Volume, mounts: ReadonlyMap<string, MountPoint>, nowMs: () => number) {
    this.root = root;
    this.mounts = mounts;
    this.nowMs = nowMs;
  }

  get rootVolume(): Volume {
    return this.root;
  }

  /** The node at a path, or undefined where there is none. follow: whether a link at the end is followed. */
  find(path: string, follow = true): Found | undefined {
    const steps = this.walk(path, follow);
    return steps === undefined ? undefined : toFound(steps);
  }

  /** As find, but throws ENOENT. */
  get(path: string, follow = true): Found {
    const found = this.find(path, follow);
    if (found === undefined) throw new FileError('ENOENT');
    return found;
  }

  readFile(path: string): Uint8Array {
    const { node } = this.get(path);
    if (node.kind === 'folder') throw new FileError('EISDIR');
    return node.kind === 'file' ? fileBytes(node) : new Uint8Array(0);
  }

  /** Names in a folder, sorted by their bytes. */
  list(path: string): readonly string[] {
    const { node, path: realPath } = this.get(path);
    if (node.kind !== 'folder') throw new FileError('ENOTDIR');
    const names = new Set(node.entries.keys());
    const below = realPath === '/' ? '/' : `${realPath}/`;
    for (const path of this.mounts.keys()) {
      if (path.startsWith(below) && !path.includes('/', below.length)) names.add(path.slice(below.length));
    }
    return [...names].sort(compareNames);
  }

  /** Opens for reading or writing; creates it where create says so. */
  open(path: string, options: { readonly write: boolean; readonly create?: boolean; readonly truncate?: boolean; readonly mode?: number }): Found | OpenedFile {
    let steps = this.walk(path, true);
    if (steps === undefined) {
      if (options.create !== true) throw new FileError('ENOENT');
      steps = this.create(path, (volume) => createFileNode(volume, new Uint8Array(0), options.mode ?? 0o644, this.nowMs()));
    }
    const last = lastStep(steps);
    if (last.node.kind !== 'file' || !options.write) {
      if (options.write && last.node.kind === 'folder') throw new FileError('EISDIR');
      return toFound(steps);
    }
    const file = this.ownLast(steps) as FileNode;
    if (options.truncate === true) last.volume.truncate(file, 0, this.nowMs());
    return { node: file, volume: last.volume };
  }

  /** Replaces or makes a file. */
  writeFile(path: string, data: Uint8Array, mode?: number): void {
    const opened = this.open(path, { write: true, create: true, truncate: true, ...(mode === undefined ? {} : { mode }) });
    if (opened.node.kind === 'file') opened.volume.writeAt(opened.node, 0, data, this.nowMs());
  }

  makeFolder(path: string, mode = 0o755): void {
    if (this.walk(path, true) !== undefined) throw new FileError('EEXIST');
    this.create(path, (volume) => createFolderNode(volume, mode, this.nowMs()));
  }

  /** mkdir -p. */
  makeFolders(path: string): void {
    const found = this.find(path);
    if (found !== undefined) {
      if (found.node.kind !== 'folder') throw new FileError('EEXIST');
      return;
    }
    const slash = path.replace(/\/+$/, '').lastIndexOf('/');
    if (slash > 0) this.makeFolders(path.slice(0, slash));
    this.makeFolder(path);
  }

  makeLink(target: string, path: string): void {
    if (this.walk(path, false) !== undefined) throw new FileError('EEXIST');
    this.create(path, () => ({ kind: 'link', target, modifiedAtMs: this.nowMs() }));
  }

  makeHardLink(existing: string, path: string): void {
    const from = this.walk(existing, false);
    if (from === undefined) throw new FileError('ENOENT');
    if (lastStep(from).node.kind === 'folder') throw new FileError('EPERM');
    if (this.walk(path, false) !== undefined) throw new FileError('EEXIST');
    const node = lastStep(from).node.kind === 'file' ? this.ownLast(from) : lastStep(from).node;
    this.create(path, (volume) => {
      if (volume !== lastStep(from).volume) throw new FileError('EXDEV');
      return node;
    });
  }

  /** Removes a file, a link or an empty folder. */
  remove(path: string): void {
    const steps = this.walk(path, false);
    if (steps === undefined) throw new FileError('ENOENT');
    const last = lastStep(steps);
    if (last.isMountPoint || steps.length === 1) throw new FileError('EBUSY');
    if (last.node.kind === 'folder' && last.node.entries.size > 0) throw new FileError('ENOTEMPTY');
    const folder = this.ownFolderAt(steps.slice(0, -1));
    folder.entries.delete(last.name);
    folder.modifiedAtMs = this.nowMs();
    if (last.node.kind === 'file' && last.node.owner === last.volume) last.volume.give(last.node.lengthBytes);
  }

  /** Moves within one volume; EXDEV across volumes (mv then copies). */
  rename(from: string, to: string): void {
    const source = this.walk(from, false);
    if (source === undefined) throw new FileError('ENOENT');
    const last = lastStep(source);
    if (last.isMountPoint || source.length === 1) throw new FileError('EBUSY');
    const target = this.walk(to, false);
    if (target !== undefined) {
      const old = lastStep(target);
      if (old.node === last.node && old.path === last.path) return;
      if (old.volume !== last.volume) throw new FileError('EXDEV');
      if (old.node.kind === 'folder' && last.node.kind !== 'folder') throw new FileError('EISDIR');
      if (old.node.kind !== 'folder' && last.node.kind === 'folder') throw new FileError('ENOTDIR');
      this.remove(old.path);
    }
    if (`${to}/`.startsWith(`${last.path}/`)) throw new FileError('EINVAL');
    this.create(to, (volume) => {
      if (volume !== last.volume) throw new FileError('EXDEV');
      return last.node;
    });
    const again = this.walk(from, false); // the create above may have copied the folder that holds the source
    if (again === undefined) return;
    this.ownFolderAt(again.slice(0, -1)).entries.delete(last.name);
  }

  changeMode(path: string, mode: number): void {
    const steps = this.walk(path, true);
    if (steps === undefined) throw new FileError('ENOENT');
    const node = this.ownLast(steps);
    if (node.kind === 'file' || node.kind === 'folder') node.mode = mode;
  }

  setModified(path: string, modifiedAtMs: number): void {
    const steps = this.walk(path, true);
    if (steps === undefined) throw new FileError('ENOENT');
    const node = this.ownLast(steps);
    if (node.kind === 'file' || node.kind === 'folder') node.modifiedAtMs = modifiedAtMs;
  }

  /** All steps from the root to a path; undefined where a part of it is missing. */
  private walk(path: string, follow: boolean): Step[] | undefined {
    let steps: Step[] = [{ node: this.root.root, name: '', path: '/', volume: this.root, readOnly: this.root.readOnly, isMountPoint: true }];
    const todo = path.split('/').reverse();
    let linksFollowed = 0;
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === '' || name === '.') {
        if (todo.length === 0 && name === '' && path.endsWith('/') && lastStep(steps).node.kind !== 'folder') throw new FileError('ENOTDIR');
        continue;
      }
      if (name === '..') {
        if (steps.length > 1) steps.pop();
        continue;
      }
      const parent = lastStep(steps);
      if (parent.node.kind !== 'folder') throw new FileError('ENOTDIR');
      const childPath = joinPath(parent.path, name);
      const mounted = this.mounts.get(childPath);
      if (mounted !== undefined) {
        steps.push({ node: mounted.node, name, path: childPath, volume: mounted.volume, readOnly: mounted.readOnly, isMountPoint: true });
        continue;
      }
      const child = parent.node.entries.get(name);
      if (child === undefined) return undefined;
      if (child.kind === 'link' && (follow || todo.length > 0)) {
        linksFollowed++;
        if (linksFollowed > linksFollowedMax) throw new FileError('ELOOP');
        if (child.target.startsWith('/')) steps = steps.slice(0, 1);
        todo.push(...child.target.split('/').reverse());
        continue;
      }
      steps.push({ node: child, name, path: childPath, volume: parent.volume, readOnly: parent.readOnly, isMountPoint: false });
    }
    return steps;
  }

  /** Puts a new node at a path that is free; its folder must exist. */
  private create(path: string, make: (volume: Volume) => FileSystemNode): Step[] {
    const trimmed = path.replace(/\/+$/, '');
    const slash = trimmed.lastIndexOf('/');
    const name = trimmed.slice(slash + 1);
    if (name === '' || name === '.' || name === '..') throw new FileError('EEXIST');
    const steps = this.walk(trimmed.slice(0, slash) || '/', true);
    if (steps === undefined) throw new FileError('ENOENT');
    const parent = lastStep(steps);
    if (parent.node.kind !== 'folder') throw new FileError('ENOTDIR');
    const existing = parent.node.entries.get(name);
    if (existing?.kind === 'link') return this.create(existing.target.startsWith('/') ? existing.target : joinPath(parent.path, existing.target), make);
    const folder = this.ownFolderAt(steps);
    const node = make(parent.volume);
    parent.volume.countNode();
    folder.entries.set(name, node);
    folder.modifiedAtMs = this.nowMs();
    return [...steps, { node, name, path: joinPath(parent.path, name), volume: parent.volume, readOnly: parent.readOnly, isMountPoint: false }];
  }

  private ownFolderAt(steps: Step[]): FolderNode {
    const node = this.ownLast(steps);
    if (node.kind !== 'folder') throw new FileError('ENOTDIR');
    return node;
  }

  /** Copies what the volume does not own, from its root down to the last step, and returns the last node. */
  private ownLast(steps: Step[]): FileSystemNode {
    const last = lastStep(steps);
    if (last.readOnly) throw new FileError('EROFS');
    let first = steps.length - 1;
    while (!(steps[first] as Step).isMountPoint) first--;
    for (let index = first; index < steps.length; index++) {
      const step = steps[index] as Step;
      if (step.node.kind !== 'folder' && step.node.kind !== 'file') break;
      const owned = step.node.kind === 'folder' ? step.volume.ownFolder(step.node) : step.volume.ownFile(step.node);
      if (owned === step.node) continue;
      if (index === first) {
        if (owned.kind !== 'folder' || step.volume.root !== step.node) throw new FileError('EROFS');
        step.volume.root = owned;
      } else {
        ((steps[index - 1] as Step).node as FolderNode).entries.set(step.name, owned);
      }
      step.node = owned;
    }
    return last.node;
  }
}

function lastStep(steps: readonly Step[]): Step {
  return steps[steps.length - 1] as Step;
}

function toFound(steps: readonly Step[]): Found {
  const { node, path, volume, readOnly } = lastStep(steps);
  return { node, path, volume, readOnly };
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
