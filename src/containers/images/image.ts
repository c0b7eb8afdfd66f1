import { encodeText } from '../../base/index.ts';
import { type FolderNode, createFileNode, createFolderNode, fileBytes } from '../files/nodes.ts';
import { programMark } from '../process/system.ts';
import { sha256 } from './sha256.ts';

/** How an image wants to be run. OCI: image-spec, config. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingFolder: string;
  readonly user: string;
  /** e.g. 8080/tcp. */
  readonly exposedPorts: readonly string[];
  /** e.g. SIGQUIT; SIGTERM where the image says nothing. */
  readonly stopSignal: string;
}

/** One entry of a layer. A path ending in a slash is a folder. */
export type LayerEntry = string | Uint8Array | { readonly program: string } | { readonly link: string } | { readonly text: string; readonly mode: number };

/** Files that a layer adds, by absolute path. */
export type Layer = Readonly<Record<string, LayerEntry>>;

/** What an image is made of, as it is registered. */
export interface ImageSpec {
  /** Names it can be pulled by, e.g. luksa/kubia or nginx:1.27. */
  readonly names: readonly string[];
  readonly config: Partial<ImageConfig>;
  /** From the base image upwards. */
  readonly layers: readonly Layer[];
}

/** An image: its files (shared by all containers, never changed), its config and its digest. */
export interface Image {
  readonly config: ImageConfig;
  readonly root: FolderNode;
  /** sha256:… of config and layers. */
  readonly digest: string;
  readonly sizeBytes: number;
}

const defaultConfig: ImageConfig = {
  entrypoint: [], command: [], environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  workingFolder: '/', user: 'root', exposedPorts: [], stopSignal: 'SIGTERM',
};

/** Puts layers on top of each other. */
export function buildImage(spec: Pick<ImageSpec, 'config' | 'layers'>): Image {
  const config: ImageConfig = { ...defaultConfig, ...spec.config, environment: { ...defaultConfig.environment, ...spec.config.environment } };
  const root = createFolderNode(undefined);
  let sizeBytes = 0;
  const contents: string[] = [JSON.stringify(config)];
  for (const layer of spec.layers) {
    for (const path of Object.keys(layer).sort()) {
      const entry = layer[path] as LayerEntry;
      sizeBytes += addEntry(root, path, entry);
      contents.push(path, entry instanceof Uint8Array ? sha256(entry) : JSON.stringify(entry));
    }
  }
  const bytes = encodeText(contents.join('\0'));
  return { config, root, digest: `sha256:${sha256(bytes)}`, sizeBytes: sizeBytes + bytes.length };
}

function addEntry(root: FolderNode, path: string, entry: LayerEntry): number {
  const parts = path.split('/').filter((part) => part !== '');
  const name = path.endsWith('/') ? undefined : parts.pop();
  let folder = root;
  for (const part of parts) {
    let next = folder.entries.get(part);
    while (next?.kind === 'link') next = followInImage(root, next.target);
    if (next?.kind !== 'folder') {
      next = createFolderNode(undefined, part === 'tmp' ? 0o1777 : 0o755);
      folder.entries.set(part, next);
    }
    folder = next;
  }
  if (name === undefined) return 0;
  const node = toNode(entry);
  folder.entries.set(name, node);
  return node.kind === 'file' ? fileBytes(node).length : 0;
}

function followInImage(root: FolderNode, target: string) {
  let node: ReturnType<FolderNode['entries']['get']> = root;
  for (const part of target.split('/')) if (part !== '') node = node?.kind === 'folder' ? node.entries.get(part) : undefined;
  return node;
}

function toNode(entry: LayerEntry) {
  if (typeof entry === 'string') return createFileNode(undefined, encodeText(entry));
  if (entry instanceof Uint8Array) return createFileNode(undefined, entry);
  if ('program' in entry) return createFileNode(undefined, encodeText(`${programMark}${entry.program}\n`), 0o755);
  if ('link' in entry) return { kind: 'link' as const, target: entry.link, modifiedAtMs: 0 };
  return createFileNode(undefined, encodeText(entry.text), entry.mode);
}
