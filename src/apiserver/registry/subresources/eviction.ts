import { type Eviction, formatTime, hasReason, type KubernetesObject, type Pod } from '../../../api/index.ts';
import { newBadRequest, newNotFound } from '../../errors.ts';
import { admitted, validated } from '../admit.ts';
import { bodyOfKind } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import { deleteExisting } from '../delete.ts';
import type { SubresourceHandler } from '../registry.ts';
import { guaranteedUpdate, type UpdateRules } from '../update.ts';
import { successStatus } from './success.ts';

const NO_RULES: UpdateRules = { prepare: (next) => next, validate: () => [], admissionDone: true };

/** Throws 429 where a PodDisruptionBudget does not let the pod go. */
export type EvictionGuard = (pod: Pod) => void;

/** POST pods/…/eviction: marks the pod as disrupted and deletes it. Kubernetes: pkg/registry/core/pod/storage, EvictionREST. */
export function podEviction(guard: EvictionGuard): SubresourceHandler {
  return { create: (deps, call, name) => evictPod(deps, call, name, guard) };
}

async function evictPod(deps: RegistryDeps, call: Call, name: string, guard: EvictionGuard): Promise<object> {
  const body = bodyOfKind<Eviction>(call, 'io.k8s.api.policy.v1.Eviction');
  const asked = admitted(deps, call, 'CREATE', name, body as KubernetesObject, undefined);
  const eviction = (asked instanceof Promise ? await asked : asked) as Eviction;
  if (eviction.metadata?.name && eviction.metadata.name !== name) throw newBadRequest('name in URL does not match name in Eviction object');
  const waiting = validated(deps, call, 'CREATE', name, eviction as KubernetesObject, undefined);
  if (waiting !== undefined) await waiting;
  const { objects } = call.endpoint.cache;
  const existing = objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(call.endpoint.definition, name);
  const pod = existing.object as Pod;
  const options = eviction.deleteOptions ?? {};
  const dryRun = call.dryRun || (options.dryRun ?? []).length > 0;
  const own: Call = { ...call, dryRun };
  const phase = pod.status?.phase;
  const free = phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
  if (!free) {
    guard(pod);
    const nowText = formatTime(deps.clock.nowMs());
    if (!dryRun) await guaranteedUpdate(deps, own, name, existing, (current) => disrupted(current as Pod, nowText), NO_RULES);
  }
  try {
    const current = objects.get(call.namespace, name);
    if (current !== undefined) await deleteExisting(deps, own, current, options, false);
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
  }
  call.code = 201;
  return successStatus(201);
}

function disrupted(pod: Pod, nowText: string): KubernetesObject {
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting', lastTransitionTime: nowText };
  return { ...pod, status: { ...pod.status, conditions: [...conditions, condition] } } as KubernetesObject;
}
