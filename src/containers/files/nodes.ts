/** What a folder holds. Nodes that an image or another volume owns are never changed: a writer first makes its own copy. */
export type FileSystemNode = FileNode | FolderNode | LinkNode | DeviceNode;

/** A file's bytes are data[0, lengthBytes); data may be longer, so that appends are cheap. */
export interface FileNode {
  readonly kind: 'file';
  /** Permission bits, e.g. 0o644. */
  mode: number;
  modifiedAtMs: number;
  data: Uint8Array;
  lengthBytes: number;
  /** The volume that may change this node; undefined for an image's. */
  readonly owner: object | undefined;
  /** A file whose content is made when it is read (/proc, configMap). */
  readonly generate?: () => Uint8Array;
}

export interface FolderNode {
  readonly kind: 'folder';
  mode: number;
  modifiedAtMs: number;
  readonly entries: FolderEntries;
  readonly owner: object | undefined;
}

/** A Map will do; /proc and configMap folders answer from what is true at the moment. */
export interface FolderEntries {
  get(name: string): FileSystemNode | undefined;
  set(name: string, node: FileSystemNode): unknown;
  delete(name: string): boolean;
  keys(): Iterable<string>;
  readonly size: number;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly target: string;
  readonly modifiedAtMs: number;
}

export interface DeviceNode {
  readonly kind: 'device';
  readonly device: DeviceName;
}

export type DeviceName = 'null' | 'zero' | 'full' | 'urandom' | 'stdin' | 'stdout' | 'stderr' | 'tty';

export type FileErrorCode =
  | 'ENOENT' | 'ENOTDIR' | 'EISDIR' | 'EEXIST' | 'ENOTEMPTY' | 'EROFS' | 'ENOSPC' | 'ELOOP'
  | 'EACCES' | 'ENXIO' | 'EINVAL' | 'EXDEV' | 'EBUSY' | 'EBADF' | 'EPERM';

const errorTexts: Readonly<Record<FileErrorCode, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EEXIST: 'File exists',
  ENOTEMPTY: 'Directory not empty',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
  ELOOP: 'Too many levels of symbolic links',
  EACCES: 'Permission denied',
  ENXIO: 'No such device or address',
  EINVAL: 'Invalid argument',
  EXDEV: 'Invalid cross-device link',
  EBUSY: 'Resource busy',
  EBADF: 'Bad file descriptor',
  EPERM: 'Operation not permitted',
};

/** A file operation failed. message is strerror's text, so that programs print it as they do on Linux. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  constructor(code: FileErrorCode) {
    super(errorTexts[code]);
    this.name = 'FileError';
    this.code = code;
  }
}

const noBytes = new Uint8Array(0);

/** A file that belongs to owner. */
export function createFileNode(owner: object | undefined, data: Uint8Array = noBytes, mode = 0o644, modifiedAtMs = 0): FileNode {
  return { kind: 'file', mode, modifiedAtMs, data, lengthBytes: data.length, owner };
}

/** An empty folder that belongs to owner. */
export function createFolderNode(owner: object | undefined, mode = 0o755, modifiedAtMs = 0): FolderNode {
  return { kind: 'folder', mode, modifiedAtMs, entries: new Map(), owner };
}

/** A read-only file whose content is made at each read. */
export function createGeneratedFile(generate: () => Uint8Array, mode = 0o444): FileNode {
  return { kind: 'file', mode, modifiedAtMs: 0, data: noBytes, lengthBytes: 0, owner: undefined, generate };
}

/** The bytes of a file as they are now. Don't change them. */
export function fileBytes(node: FileNode): Uint8Array {
  if (node.generate !== undefined) return node.generate();
  return node.lengthBytes === node.data.length ? node.data : node.data.subarray(0, node.lengthBytes);
}
