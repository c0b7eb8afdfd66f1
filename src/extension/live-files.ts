import * as vscode from 'vscode';
import { hasReason, type KubernetesObject } from '../api/index.ts';
import { type Disposable, DisposableStore, messageOf } from '../base/index.ts';
import type { ApplyProblems } from './apply-problems.ts';
import { ask } from './ask.ts';
import type { Cluster } from './cluster.ts';
import type { ServedResource } from './discovery.ts';
import { t } from './l10n.ts';
import type { LanguageService } from './language-service.ts';
import { resourceKey } from './object-store.ts';
import { type ObjectPath, objectPath, parseObjectPath } from './object-uri.ts';
import type { ClusterSession } from './session.ts';

/** The scheme of live objects. */
const liveScheme = 'drydock';

export type LiveFiles = vscode.FileSystemProvider & Disposable;

/** Marks a text that we wrote: the server's own form of that version is still to be read. */
const savedMark = '-saved';

interface Read {
  readonly resourceVersion: string;
  readonly text: Uint8Array;
}

/** The address of a live object. */
export function liveUri(resource: Pick<ServedResource, 'resource' | 'group' | 'namespaced'>, ref: { readonly name: string; readonly namespace?: string }): vscode.Uri {
  return vscode.Uri.from({ scheme: liveScheme, path: objectPath(resource, ref) });
}

/**
 * The cluster's objects as YAML files. Reading shows an object without managedFields; saving is `kubectl edit`: an update
 * with the resourceVersion that was read, so that nothing of anybody else is overwritten silently.
 */
export function createLiveFiles(cluster: Cluster, language: LanguageService, problems: ApplyProblems, changed: vscode.EventEmitter<vscode.FileChangeEvent[]>, showText: (name: string, text: string) => vscode.Uri): LiveFiles {
  const disposables = new DisposableStore();
  const reads = new Map<string, Read>();
  const watched = new Map<string, { readonly uri: vscode.Uri; readonly path: ObjectPath & { readonly kind: 'object' } }>();
  let storeListener: Disposable | undefined;

  const listen = () => {
    storeListener?.dispose();
    storeListener = cluster.session?.objects.onDidChange((keys) => notice(cluster.session, keys));
    if (cluster.session !== undefined) for (const { path } of watched.values()) startWatch(cluster.session, path);
  };
  const notice = (session: ClusterSession | undefined, keys: ReadonlySet<string>) => {
    if (session === undefined) return;
    const events: vscode.FileChangeEvent[] = [];
    for (const { uri, path } of watched.values()) {
      const resource = findResource(session, path);
      if (resource === undefined || !keys.has(resourceKey(resource))) continue;
      const informer = session.objects.informer(resource);
      if (!informer.hasSynced) continue;
      const object = informer.lister.get(path.namespace, path.name);
      const read = reads.get(uri.toString());
      if (read === undefined) continue;
      if (object === undefined) {
        reads.delete(uri.toString());
        events.push({ type: vscode.FileChangeType.Deleted, uri });
      } else if (object.metadata.resourceVersion !== read.resourceVersion) events.push({ type: vscode.FileChangeType.Changed, uri });
    }
    if (events.length > 0) changed.fire(events);
  };
  const startWatch = (session: ClusterSession, path: ObjectPath & { readonly kind: 'object' }) => {
    const resource = findResource(session, path);
    if (resource?.verbs.has('watch') === true) session.objects.informer(resource);
  };
  const read = async (uri: vscode.Uri): Promise<Read> => {
    const { session, path, resource } = locate(uri);
    const name = { name: path.name, ...(path.namespace === undefined ? {} : { namespace: path.namespace }) };
    const object = await session.client.resource(resource).get(name).catch((error: unknown) => {
      throw hasReason(error, 'NotFound') ? vscode.FileSystemError.FileNotFound(uri) : vscode.FileSystemError.Unavailable(messageOf(error));
    });
    const known = reads.get(uri.toString());
    if (known?.resourceVersion === object.metadata.resourceVersion) return known;
    const next: Read = { resourceVersion: object.metadata.resourceVersion ?? '', text: Buffer.from(await language.stringify(forEditing(object))) };
    reads.set(uri.toString(), next);
    return next;
  };
  const locate = (uri: vscode.Uri) => {
    const path = parseObjectPath(uri.path);
    if (path?.kind !== 'object') throw vscode.FileSystemError.FileNotFound(uri);
    const { session } = cluster;
    if (session === undefined) throw vscode.FileSystemError.Unavailable(t('The cluster is not running.'));
    const resource = findResource(session, path);
    if (resource === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return { session, path, resource };
  };
  /** VS Code compares times before it saves and would ask on its own; while there are edits the server's 409 decides. */
  const statOf = ({ resourceVersion, text }: Read): vscode.FileStat => ({ type: vscode.FileType.File, ctime: 0, mtime: (Number.parseInt(resourceVersion, 10) || 0) * 2 - (resourceVersion.endsWith(savedMark) ? 1 : 0), size: text.length });

  const save = async (uri: vscode.Uri, content: Uint8Array): Promise<void> => {
    const { session, path, resource } = locate(uri);
    const text = Buffer.from(content).toString('utf8');
    const [manifest, ...others] = await language.manifests(text);
    if (manifest?.body === undefined || others.length > 0) throw vscode.FileSystemError.Unavailable(manifest?.problem ?? t('The file must hold exactly one object.'));
    const body = manifest.body as unknown as KubernetesObject;
    if (body.metadata?.name !== path.name || body.metadata.namespace !== path.namespace) throw vscode.FileSystemError.Unavailable(t('The name and namespace of an object cannot be changed.'));
    const update = (object: KubernetesObject) => session.transport.request({
      verb: 'update', group: resource.group, version: resource.version, resource: resource.resource, name: path.name, ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
      body: object, query: { fieldManager: 'drydock-edit', fieldValidation: 'Strict' },
    }) as Promise<KubernetesObject>;
    let saved: KubernetesObject;
    try {
      saved = await update(body);
    } catch (error) {
      if (!hasReason(error, 'Conflict')) {
        await problems.report(uri, text, manifest.index, error);
        throw vscode.FileSystemError.Unavailable(messageOf(error));
      }
      const latest = await askAboutConflict(uri, session);
      saved = await update({ ...body, metadata: { ...body.metadata, resourceVersion: latest.metadata.resourceVersion } } as KubernetesObject);
    }
    problems.clear(uri);
    reads.set(uri.toString(), { resourceVersion: `${saved.metadata.resourceVersion ?? ''}${savedMark}`, text: content }); // what the server made of it is read next
    queueMicrotask(() => changed.fire([{ type: vscode.FileChangeType.Changed, uri }]));
  };
  /** Resolves with the newest object where the user chose to overwrite it; else throws. */
  const askAboutConflict = async (uri: vscode.Uri, session: ClusterSession): Promise<KubernetesObject> => {
    const { path, resource } = locate(uri);
    const [compare, overwrite, reload] = [t('Compare'), t('Overwrite'), t('Reload')];
    const message = t('{0} was changed in the cluster since you opened it. Nothing has been saved.', path.name);
    const choice = await ask({ message, detail: t('Overwrite puts your text in place of the newer object. Reload drops your text.'), choices: [compare, overwrite, reload] });
    const latest = await session.client.resource(resource).get({ name: path.name, ...(path.namespace === undefined ? {} : { namespace: path.namespace }) });
    if (choice === overwrite) return latest;
    if (choice === compare) {
      const theirs = showText(`${path.name} (${t('in the cluster')}).yaml`, await language.stringify(forEditing(latest)));
      void vscode.commands.executeCommand('vscode.diff', theirs, uri, t('{0}: in the cluster ↔ yours', path.name));
    } else if (choice === reload) {
      setTimeout(() => void vscode.window.showTextDocument(uri).then(() => vscode.commands.executeCommand('workbench.action.files.revert')), 0);
    }
    throw vscode.FileSystemError.Unavailable(message);
  };

  disposables.add(cluster.onDidChange(listen));
  listen();
  return {
    onDidChangeFile: changed.event,
    watch(uri) {
      const path = parseObjectPath(uri.path);
      if (path?.kind !== 'object') return { dispose: () => undefined };
      watched.set(uri.toString(), { uri, path });
      if (cluster.session !== undefined) startWatch(cluster.session, path);
      return { dispose: () => watched.delete(uri.toString()) };
    },
    async stat(uri) {
      const path = parseObjectPath(uri.path);
      if (path === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      if (path.kind !== 'object') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      const known = reads.get(uri.toString());
      const isDirty = vscode.workspace.textDocuments.some((document) => document.isDirty && document.uri.toString() === uri.toString());
      return statOf(known !== undefined && isDirty ? known : await read(uri));
    },
    async readFile(uri) {
      return (await read(uri)).text;
    },
    writeFile: (uri, content) => save(uri, content),
    async readDirectory(uri) {
      const { session } = cluster;
      const path = parseObjectPath(uri.path);
      if (session === undefined || path === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      return readDirectory(session, path);
    },
    async delete(uri) {
      const { session, path, resource } = locate(uri);
      await session.client.resource(resource).delete({ name: path.name, ...(path.namespace === undefined ? {} : { namespace: path.namespace }) }, { propagationPolicy: 'Background' });
    },
    createDirectory(uri) {
      throw vscode.FileSystemError.NoPermissions(uri);
    },
    rename(uri) {
      throw vscode.FileSystemError.NoPermissions(uri);
    },
    dispose() {
      storeListener?.dispose();
      disposables.dispose();
    },
  };
}

/** An object without what no human edits. */
export function forEditing(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const { apiVersion, kind, ...rest } = object;
  return { apiVersion, kind, ...rest, metadata } as KubernetesObject;
}

function findResource(session: ClusterSession, path: { readonly resource: string; readonly group: string }): ServedResource | undefined {
  return session.discovery.resources.find((resource) => resource.resource === path.resource && resource.group === path.group);
}

async function readDirectory(session: ClusterSession, path: ObjectPath): Promise<[string, vscode.FileType][]> {
  const folder = (name: string): [string, vscode.FileType] => [encodeURIComponent(name), vscode.FileType.Directory];
  switch (path.kind) {
    case 'root': return [folder('cluster'), folder('namespaces')];
    case 'namespaces': {
      const namespaces = await session.client.resource(await session.resourceOf({ apiVersion: 'v1', kind: 'Namespace' })).list();
      return namespaces.items.map((item) => folder(item.metadata.name ?? ''));
    }
    case 'scope':
      return session.discovery.resources.filter((resource) => resource.verbs.has('list') && resource.namespaced === (path.namespace !== undefined))
        .map((resource) => folder(resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`));
    case 'resource': {
      const resource = findResource(session, path);
      if (resource === undefined) return [];
      const list = await session.client.resource(resource).list(path.namespace === undefined ? {} : { namespace: path.namespace });
      return list.items.map((item) => [`${encodeURIComponent(item.metadata.name ?? '')}.yaml`, vscode.FileType.File]);
    }
    case 'object': return [];
  }
}
