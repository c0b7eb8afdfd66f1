/** What the runtime and a Node.js child tell each other; JSON over the child's message channel. */
export type HostMessage =
  | StartMessage
  | { readonly type: 'answer'; readonly id: number; readonly port?: number; readonly addresses?: readonly string[]; readonly error?: { readonly code: string } };

export interface StartMessage {
  readonly type: 'start';
  /** Arguments after `node`. */
  readonly args: readonly string[];
  readonly hostname: string;
  readonly ip: string;
  readonly workingFolder: string;
  /** Below it the child makes its private folder. */
  readonly rootFolder: string;
  /** Begins every connection that the runtime makes to the child's sockets; others are cut. */
  readonly token: string;
  readonly ignoresSignals: boolean;
  /** Heap and buffers together; beyond it the program is killed. */
  readonly memoryBytesMax: number;
  readonly files: readonly NodeFile[];
}

export interface NodeFile {
  /** In the container, absolute. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Base64, or a link's target. */
  readonly data: string;
  readonly mode: number;
}

export type ChildMessage =
  | { readonly type: 'ready'; readonly folder: string }
  | { readonly type: 'outOfMemory' }
  | { readonly type: 'listen'; readonly id: number; readonly port: number; readonly loopbackOnly: boolean }
  | { readonly type: 'listening'; readonly id: number; readonly realPort: number }
  | { readonly type: 'close'; readonly id: number }
  | { readonly type: 'connect'; readonly id: number; readonly host: string; readonly port: number }
  | { readonly type: 'lookup'; readonly id: number; readonly name: string };

/** Bytes that come first on every connection to a child: token, peer's address and port, padded with spaces. */
export const connectionHeadBytes = 96;
