import * as vscode from 'vscode';
import type { KubernetesObject, Pod } from '../api/index.ts';
import type { ObjectRef } from '../protocol/index.ts';
import { t } from './l10n.ts';
import { podState } from './object-state.ts';
import type { ClusterSession } from './session.ts';

/** A container of a pod. */
export interface PodContainer {
  readonly pod: Pod;
  readonly container: string;
}

/** The pods that stand behind an object: itself, or what its selector matches; newest first. */
export async function podsBehind(session: ClusterSession, ref: ObjectRef): Promise<readonly Pod[]> {
  if (ref.kind === 'Pod') return [await session.get(ref) as Pod];
  const object = await session.get(ref);
  const labelSelector = selectorOf(object);
  if (labelSelector === undefined) return [];
  const pods = await session.resourceOf({ apiVersion: 'v1', kind: 'Pod' });
  const list = await session.client.resource(pods).list({ labelSelector, ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }) });
  return (list.items as readonly Pod[]).toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
}

/** A workload's or Service's selector as text; undefined where it has none. */
export function selectorOf(object: KubernetesObject): string | undefined {
  const { spec } = object as { readonly spec?: { readonly selector?: Readonly<Record<string, unknown>> } };
  const selector = spec?.selector;
  if (selector === undefined) return undefined;
  const { matchLabels, matchExpressions } = selector as { readonly matchLabels?: Readonly<Record<string, string>>; readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[] };
  if (matchLabels === undefined && matchExpressions === undefined) return equalities(selector as Readonly<Record<string, string>>) || undefined;
  const expressions = (matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In': return `${key} in (${values.join(',')})`;
      case 'NotIn': return `${key} notin (${values.join(',')})`;
      case 'Exists': return key;
      default: return `!${key}`;
    }
  });
  return [equalities(matchLabels ?? {}), ...expressions].filter((part) => part !== '').join(',') || undefined;
}

const equalities = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(',');

/** Asks for a pod and a container where there are several. undefined: the user backed out, or was told that there is none. */
export async function pickContainer(session: ClusterSession, ref: ObjectRef, preferred?: string): Promise<PodContainer | undefined> {
  const pod = await pickPod(session, ref);
  if (pod === undefined) return undefined;
  const names = [...pod.spec?.containers ?? [], ...pod.spec?.initContainers ?? []].map((container) => container.name);
  const fixed = preferred ?? pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (fixed !== undefined && names.includes(fixed)) return { pod, container: fixed };
  const container = names.length <= 1 ? names[0] : await vscode.window.showQuickPick(names, { placeHolder: t('Container of {0}', ref.name) });
  return container === undefined ? undefined : { pod, container };
}

/** Asks for one of the pods behind an object where there are several. */
export async function pickPod(session: ClusterSession, ref: ObjectRef): Promise<Pod | undefined> {
  const pods = await podsBehind(session, ref);
  if (pods.length === 0) {
    void vscode.window.showWarningMessage(t('{0} has no pods.', `${ref.kind} ${ref.name}`));
    return undefined;
  }
  if (pods.length === 1) return pods[0];
  const items = pods.map((pod) => ({ label: pod.metadata.name ?? '', description: podState(pod).text, pod }));
  return (await vscode.window.showQuickPick(items, { placeHolder: t('Pod of {0}', ref.name) }))?.pod;
}
