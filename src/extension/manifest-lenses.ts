import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/index.ts';
import type { PlacedManifest } from '../language/index.ts';
import type { Cluster } from './cluster.ts';
import { t } from './l10n.ts';
import { type LanguageService, toVsCodeRange } from './language-service.ts';
import { stateOf } from './object-state.ts';
import { resourceKey } from './object-store.ts';

/** The line above each manifest: Apply · Diff · Delete · Show in Graph, and how the live object fares. */
export function createManifestLenses(cluster: Cluster, language: LanguageService): Disposable {
  const disposables = new DisposableStore();
  const changed = disposables.add(new vscode.EventEmitter<void>());
  /** What the lenses of each document said last, to draw them again only where they would say something else. */
  const said = new Map<string, { readonly manifests: readonly PlacedManifest[]; readonly states: string }>();
  let storeListener: Disposable | undefined;

  const stateText = ({ header }: PlacedManifest): { readonly text: string; readonly key: string | undefined } => {
    const { session } = cluster;
    if (session === undefined || header.name === undefined) return { text: '', key: undefined };
    const resource = session.discovery.ofKind(header.apiVersion ?? '', header.kind ?? '');
    if (resource?.verbs.has('watch') !== true) return { text: '', key: undefined };
    const informer = session.objects.informer(resource);
    const key = resourceKey(resource);
    if (!informer.hasSynced) return { text: '', key };
    const object = informer.lister.get(resource.namespaced ? header.namespace ?? session.credentials.namespace : undefined, header.name);
    if (object === undefined) return { text: t('not in the cluster'), key };
    const state = stateOf({ ...object, kind: resource.kind } as typeof object);
    const icon = state.health === 'good' ? '$(pass)' : state.health === 'busy' ? '$(sync)' : state.health === 'bad' ? '$(error)' : '$(circle-outline)';
    return { text: `${icon} ${state.text === '' ? t('in the cluster') : state.text}`, key };
  };
  const listen = () => {
    storeListener?.dispose();
    storeListener = cluster.session?.objects.onDidChange((keys) => {
      for (const { manifests, states } of said.values()) {
        const now = manifests.map(stateText);
        if (now.some(({ key }) => key !== undefined && keys.has(key)) && now.map(({ text }) => text).join('\n') !== states) return changed.fire();
      }
    });
    changed.fire();
  };
  disposables.add(cluster.onDidChange(({ state }) => {
    if (state === 'running' || state === 'stopped' || state === 'lost') listen();
  }));
  listen();
  disposables.add(vscode.workspace.onDidCloseTextDocument((document) => said.delete(document.uri.toString())));
  disposables.add(vscode.languages.registerCodeLensProvider({ language: 'yaml' }, {
    onDidChangeCodeLenses: changed.event,
    async provideCodeLenses(document, token) {
      if (document.uri.scheme === 'drydock' || document.uri.scheme === 'drydock-text') return []; // what is live already
      const manifests = await language.headers(document.getText());
      if (token.isCancellationRequested) return [];
      const states = manifests.map((manifest) => stateText(manifest).text);
      said.set(document.uri.toString(), { manifests, states: states.join('\n') });
      return manifests.flatMap((manifest, at) => {
        const range = toVsCodeRange(manifest.titleRange);
        const lens = (title: string, command: string) => new vscode.CodeLens(range, { title, command, arguments: [document.uri, at] });
        const state = states[at] ?? '';
        return [
          lens(t('Apply'), 'drydock.apply'), lens(t('Diff'), 'drydock.diff'), lens(t('Delete'), 'drydock.deleteManifests'), lens(t('Show in Graph'), 'drydock.showInGraph'),
          ...(state === '' ? [] : [lens(state, 'drydock.openYaml')]),
        ];
      });
    },
  }));
  return {
    dispose() {
      storeListener?.dispose();
      disposables.dispose();
    },
  };
}
