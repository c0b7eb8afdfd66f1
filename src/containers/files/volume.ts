import { type FileNode, type FileSystemNode, type FolderNode, FileError, createFolderNode } from './nodes.ts';

/** Room in one writable volume (a container's own layer, an emptyDir), in bytes: what a teaching lab needs, and no leak fills the host. */
const volumeBytesMax = 64 * 1024 * 1024;
/** Files and folders that one volume may make. */
const volumeNodesMax = 50_000;

/**
 * A tree of files with one owner. It starts as somebody else's tree (an image's), shared by reference;
 * what is written is copied first, node by node, down from the root: copy on write.
 */
export class Volume {
  root: FolderNode;
  readOnly: boolean;
  readonly bytesMax: number;
  usedBytes = 0;
  private madeNodes = 0;

  constructor(root?: FolderNode, options: { readonly readOnly?: boolean; readonly bytesMax?: number } = {}) {
    this.root = root ?? createFolderNode(this, 0o777);
    this.readOnly = options.readOnly ?? false;
    this.bytesMax = options.bytesMax ?? volumeBytesMax;
  }

  /** A node that this volume may change: itself, or a copy. */
  ownFolder(node: FolderNode): FolderNode {
    if (node.owner === this) return node;
    const entries = new Map<string, FileSystemNode>();
    for (const name of node.entries.keys()) {
      const entry = node.entries.get(name);
      if (entry !== undefined) entries.set(name, entry);
    }
    return { kind: 'folder', mode: node.mode, modifiedAtMs: node.modifiedAtMs, entries, owner: this };
  }

  ownFile(node: FileNode): FileNode {
    if (node.owner === this) return node;
    if (node.generate !== undefined) throw new FileError('EACCES');
    this.take(node.lengthBytes);
    return { kind: 'file', mode: node.mode, modifiedAtMs: node.modifiedAtMs, data: node.data.slice(0, node.lengthBytes), lengthBytes: node.lengthBytes, owner: this };
  }

  /** Counts bytes as used. Throws ENOSPC where the volume is full. */
  take(bytes: number): void {
    if (this.usedBytes + bytes > this.bytesMax) throw new FileError('ENOSPC');
    this.usedBytes += bytes;
  }

  give(bytes: number): void {
    this.usedBytes = Math.max(0, this.usedBytes - bytes);
  }

  countNode(): void {
    this.madeNodes++;
    if (this.madeNodes > volumeNodesMax) throw new FileError('ENOSPC');
  }

  /** Writes at a position, growing the file. Throws ENOSPC. */
  writeAt(node: FileNode, position: number, chunk: Uint8Array, nowMs: number): void {
    const end = position + chunk.length;
    if (end > node.lengthBytes) this.take(end - node.lengthBytes);
    if (end > node.data.length) {
      const grown = new Uint8Array(Math.min(Math.max(end, node.data.length * 2, 256), Math.max(end, this.bytesMax)));
      grown.set(node.data.subarray(0, node.lengthBytes));
      node.data = grown;
    } else if (position > node.lengthBytes) {
      node.data.fill(0, node.lengthBytes, position); // a hole reads as zeros
    }
    node.data.set(chunk, position);
    node.lengthBytes = Math.max(node.lengthBytes, end);
    node.modifiedAtMs = nowMs;
  }

  truncate(node: FileNode, lengthBytes: number, nowMs: number): void {
    if (lengthBytes < node.lengthBytes) {
      this.give(node.lengthBytes - lengthBytes);
      node.data = node.data.slice(0, lengthBytes);
      node.lengthBytes = lengthBytes;
    } else if (lengthBytes > node.lengthBytes) {
      this.writeAt(node, lengthBytes, new Uint8Array(0), nowMs);
    }
    node.modifiedAtMs = nowMs;
  }
}
