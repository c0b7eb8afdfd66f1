import * as vscode from 'vscode';
import { messageOf } from '../base/index.ts';
import type { ObjectRef } from '../protocol/index.ts';
import { ask, askText } from './ask.ts';
import { describeObject } from './describe.ts';
import { editorColumn } from './editor-column.ts';
import { readEvents } from './events.ts';
import type { Forwards } from './forwards.ts';
import { t } from './l10n.ts';
import { liveUri } from './live-files.ts';
import { pickContainer } from './pod-picker.ts';
import { openShell } from './pod-shell.ts';
import { openLogs } from './pod-terminals.ts';
import type { ClusterSession } from './session.ts';
import type { Texts } from './texts.ts';

/** What can be done with one object, from the tree, the graph or a command. */
export interface ObjectActions {
  openYaml(session: ClusterSession, ref: ObjectRef): Promise<void>;
  describe(session: ClusterSession, ref: ObjectRef): Promise<void>;
  logs(session: ClusterSession, ref: ObjectRef, container?: string): Promise<void>;
  shell(session: ClusterSession, ref: ObjectRef, container?: string): Promise<void>;
  portForward(session: ClusterSession, ref: ObjectRef): Promise<void>;
  scale(session: ClusterSession, ref: ObjectRef): Promise<void>;
  remove(session: ClusterSession, ref: ObjectRef): Promise<void>;
}

const replicasMax = 1000;

/** Actions that open their texts in texts and their ports in forwards. */
export function createObjectActions(texts: Texts, forwards: Forwards): ObjectActions {
  const nameOf = (session: ClusterSession, ref: ObjectRef, namespaced: boolean) => ({ name: ref.name, ...(namespaced ? { namespace: ref.namespace ?? session.credentials.namespace } : {}) });
  return {
    async openYaml(session, ref) {
      const resource = await session.resourceOf(ref);
      await vscode.window.showTextDocument(liveUri(resource, ref), { preview: true, viewColumn: editorColumn() });
    },
    async describe(session, ref) {
      const uri = texts.showLive(`${ref.kind} ${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}.txt`.replaceAll('/', '\u2215'), async () => {
        const [object, events] = await Promise.all([session.get(ref), readEvents(session, ref).catch(() => [])]);
        return describeObject({ ...object, apiVersion: object.apiVersion ?? ref.apiVersion, kind: object.kind ?? ref.kind }, events, Date.now());
      });
      await vscode.window.showTextDocument(uri, { preview: true, viewColumn: editorColumn() });
    },
    async logs(session, ref, container) {
      const target = await pickContainer(session, ref, container);
      if (target !== undefined) openLogs(session, target);
    },
    async shell(session, ref, container) {
      const target = await pickContainer(session, ref, container);
      if (target !== undefined) openShell(session, target);
    },
    portForward: (session, ref) => forwards.start(session, ref),
    async scale(session, ref) {
      const resource = await session.resourceOf(ref);
      const place = { group: resource.group, version: resource.version, resource: resource.resource, ...nameOf(session, ref, resource.namespaced) };
      const scale = await session.transport.request({ verb: 'get', ...place, subresource: 'scale' }) as { readonly spec?: { readonly replicas?: number } };
      const wanted = await askText({
        title: t('Scale {0}', `${ref.kind} ${ref.name}`), prompt: t('Number of replicas'), value: String(scale.spec?.replicas ?? 0),
        validateInput: (text) => (/^\d+$/.test(text) && Number(text) <= replicasMax ? undefined : t('A number from 0 to {0}', replicasMax)),
      });
      if (wanted === undefined) return;
      await session.transport.request({ verb: 'patch', ...place, subresource: 'scale', patchType: 'application/merge-patch+json', body: { spec: { replicas: Number(wanted) } }, query: { fieldManager: 'drydock-scale' } });
    },
    async remove(session, ref) {
      const yes = t('Delete');
      const title = `${ref.kind} ${ref.name}`;
      if (await ask({ message: t('Delete {0}?', title), ...(ref.namespace === undefined ? {} : { detail: t('Namespace {0}', ref.namespace) }), choices: [yes] }) !== yes) return;
      try {
        const resource = await session.resourceOf(ref);
        await session.client.resource(resource).delete(nameOf(session, ref, resource.namespaced), { propagationPolicy: 'Background' });
      } catch (error) {
        void vscode.window.showErrorMessage(messageOf(error));
      }
    },
  };
}
