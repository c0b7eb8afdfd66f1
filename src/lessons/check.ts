import { type EndpointSlice, isPodReady, type KubernetesObject, LABEL_SERVICE_NAME, parseLabelSelector, type Pod } from '../api/index.ts';
import type { Baseline, CheckResult, LessonCheck, LessonResource, LessonStep } from './lesson.ts';

/** What checks may ask about the cluster; answered from caches, so that a check costs nothing. */
export interface ClusterView {
  /** All known objects of a resource in a namespace. */
  list(resource: Pick<LessonResource, 'group' | 'resource'>, namespace: string): readonly KubernetesObject[];
  /** The lines of a pod's log that have been read so far. */
  logLines(podUid: string): readonly string[];
}

export const PODS = { group: '', resource: 'pods' } as const;
export const ENDPOINT_SLICES = { group: 'discovery.k8s.io', resource: 'endpointslices' } as const;

/** Notes what is there when a step begins. */
export function takeBaseline(step: LessonStep, view: ClusterView): Baseline {
  const podUids: Record<string, string[]> = {};
  const logLines: Record<string, number> = {};
  for (const check of step.checks) {
    if (check.kind === 'pods' && check.replaced) podUids[check.labelSelector] = podsOf(view, check.namespace, check.labelSelector).map((pod) => pod.metadata.uid);
    if (check.kind === 'logs') logLines[check.id] = countLines(view, check);
  }
  return { podUids, logLines };
}

/** Whether a check holds now. Pure. */
export function evaluateCheck(check: LessonCheck, view: ClusterView, baseline: Baseline): CheckResult {
  switch (check.kind) {
    case 'object': {
      const object = findObject(view, check.resource, check.namespace);
      if (object === undefined) return { passed: false, found: '' };
      for (const [path, wanted] of check.equals) {
        const value = valueAt(object, path);
        if (value !== wanted) return { passed: false, found: `${path} = ${value === undefined ? 'nothing' : String(value)}` };
      }
      return { passed: true, found: '' };
    }
    case 'absent': {
      const object = findObject(view, check.resource, check.namespace);
      return { passed: object === undefined, found: object === undefined ? '' : `${check.resource.resource} ${object.metadata.name}` };
    }
    case 'pods':
      return evaluatePods(check, view, baseline);
    case 'endpoints': {
      const ready = countReadyEndpoints(view, check.namespace, check.service);
      return { passed: ready === check.ready, found: `${ready}/${check.ready}` };
    }
    case 'logs': {
      const pods = podsOf(view, check.namespace, check.labelSelector);
      if (check.inEach) {
        const with_ = pods.filter((pod) => view.logLines(pod.metadata.uid).some((line) => line.includes(check.contains))).length;
        return { passed: pods.length > 0 && with_ === pods.length, found: `${with_}/${pods.length}` };
      }
      const lines = countLines(view, check) - (check.grows ? (baseline.logLines[check.id] ?? 0) : 0);
      return { passed: lines > 0, found: '' };
    }
  }
}

function evaluatePods(check: LessonCheck & { readonly kind: 'pods' }, view: ClusterView, baseline: Baseline): CheckResult {
  const pods = podsOf(view, check.namespace, check.labelSelector);
  if (check.none) return { passed: pods.length === 0, found: String(pods.length) };
  const before = check.replaced ? (baseline.podUids[check.labelSelector] ?? []) : [];
  const remaining = pods.filter((pod) => before.includes(pod.metadata.uid) && pod.metadata.deletionTimestamp === undefined);
  if (check.replaced && (before.length === 0 || remaining.length > 0)) return { passed: false, found: remaining.map((pod) => pod.metadata.name).join(', ') };
  if (check.ready === undefined) return { passed: true, found: '' };
  const ready = pods.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
  return { passed: ready === check.ready, found: `${ready}/${check.ready}` };
}

function podsOf(view: ClusterView, namespace: string, labelSelector: string): readonly Pod[] {
  const selector = parseLabelSelector(labelSelector);
  return (view.list(PODS, namespace) as readonly Pod[]).filter((pod) => selector.matches(pod.metadata.labels));
}

function countLines(view: ClusterView, check: LessonCheck & { readonly kind: 'logs' }): number {
  let count = 0;
  for (const pod of podsOf(view, check.namespace, check.labelSelector)) for (const line of view.logLines(pod.metadata.uid)) if (line.includes(check.contains)) count++;
  return count;
}

function countReadyEndpoints(view: ClusterView, namespace: string, service: string): number {
  let ready = 0;
  for (const slice of view.list(ENDPOINT_SLICES, namespace) as readonly EndpointSlice[]) {
    if (slice.metadata.labels?.[LABEL_SERVICE_NAME] !== service) continue;
    for (const endpoint of slice.endpoints) if (endpoint.conditions?.ready !== false) ready++;
  }
  return ready;
}

function findObject(view: ClusterView, resource: LessonResource, namespace: string): KubernetesObject | undefined {
  return view.list(resource, namespace).find((object) => object.metadata.name === resource.name);
}

/** spec.template.spec.containers.0.image */
function valueAt(object: KubernetesObject, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
