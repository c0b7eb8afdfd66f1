import {
  type DeleteOptions, type Eviction, formatTime, hasReason, invalid, isPodReady, isPodTerminal, type KubernetesObject, newInvalidError, newStatusError, type Pod,
  type PodCondition, podCondition, type PodDisruptionBudget,
} from '../../../api/index.ts';
import { newBadRequest, newConflict, newNotFound } from '../../errors.ts';
import { admitted, validated } from '../admit.ts';
import { bodyOfKind } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import { deleteExisting } from '../delete.ts';
import type { SubresourceHandler } from '../registry.ts';
import { type Existing, guaranteedUpdate, type UpdateRules } from '../update.ts';
import { DisruptionBudgets, type DisruptionBudgetSources, newBudgetInProgress } from './disruption-budgets.ts';
import { successStatus } from './success.ts';

const NO_RULES: UpdateRules = { prepare: (next) => next, validate: () => [], admissionDone: true };
const POD = { group: '', resource: 'Pod' } as const;
/** How often the pod may have changed meanwhile. Kubernetes: EvictionsRetry. */
const ATTEMPTS = 20;
const FORBIDDEN_OPTION = 'ignoreStoreReadErrorWithClusterBreakingPotential';

/** POST pods/…/eviction: deletes a pod where its disruption budget allows it. Kubernetes: pkg/registry/core/pod/storage, EvictionREST. */
export function podEviction(sources: DisruptionBudgetSources): SubresourceHandler {
  let budgets: DisruptionBudgets | undefined;
  return { create: (deps, call, name) => evictPod(deps, call, name, budgets ??= new DisruptionBudgets(sources, deps.clock)) };
}

async function evictPod(deps: RegistryDeps, call: Call, name: string, budgets: DisruptionBudgets): Promise<object> {
  const body = bodyOfKind<Eviction>(call, 'io.k8s.api.policy.v1.Eviction');
  const asked = admitted(deps, call, 'CREATE', name, body as KubernetesObject, undefined);
  const eviction = (asked instanceof Promise ? await asked : asked) as Eviction;
  checkEviction(eviction, name);
  const waiting = validated(deps, call, 'CREATE', name, eviction as KubernetesObject, undefined);
  if (waiting !== undefined) await waiting;
  const options = eviction.deleteOptions ?? {};
  const dryRun = call.dryRun || (options.dryRun ?? []).length > 0;
  await evict(deps, { ...call, dryRun }, name, options, budgets);
  call.code = 201;
  return successStatus(201);
}

function checkEviction(eviction: Eviction, name: string): void {
  if ((eviction.metadata?.name ?? '') !== name) throw newBadRequest('name in URL does not match name in Eviction object');
  if ((eviction.deleteOptions as Readonly<Record<string, unknown>> | undefined)?.[FORBIDDEN_OPTION] !== true) return;
  const error = invalid(`deleteOptions.${FORBIDDEN_OPTION}`, true, 'can not be set for pod eviction, try after removing the option');
  throw newInvalidError('policy', 'Eviction', name, [error]);
}

async function evict(deps: RegistryDeps, call: Call, name: string, options: DeleteOptions, budgets: DisruptionBudgets): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const existing = existingPod(call, name);
    const pod = existing.object as Pod;
    if (!isBeyondBudgets(pod)) return evictGuarded(deps, call, existing, options, budgets);
    try {
      // Whoever is about to become ready must not be taken for one who isn't.
      const isOver = isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined;
      return await markAndDelete(deps, call, existing, isOver ? options : withVersion(options, pod));
    } catch (error) {
      if (attempt >= ATTEMPTS || options.preconditions?.resourceVersion !== undefined || !hasReason(error, 'Conflict')) throw error;
    }
  }
}

async function evictGuarded(deps: RegistryDeps, call: Call, existing: Existing, options: DeleteOptions, budgets: DisruptionBudgets): Promise<void> {
  const pod = existing.object as Pod;
  const [budget, second] = budgets.of(pod);
  if (second !== undefined) throw newStatusError(500, '', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const isFree = budget !== undefined && !isPodReady(pod) && letsUnhealthyGo(budget);
  if (budget !== undefined && !isFree) await budgets.take(budget, pod.metadata.name, call.dryRun);
  try {
    await markAndDelete(deps, call, existingPod(call, pod.metadata.name), isFree ? withVersion(options, pod) : options);
  } catch (error) {
    if (isFree && options.preconditions?.resourceVersion === undefined && hasReason(error, 'Conflict')) throw newBudgetInProgress(budget.metadata.name);
    throw error;
  }
}

function existingPod(call: Call, name: string): Existing {
  const existing = call.endpoint.cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(call.endpoint.definition, name);
  // The table's own entry moves on with the object.
  return { object: existing.object, modRevision: existing.modRevision };
}

/** Kubernetes: canIgnorePDB. */
function isBeyondBudgets(pod: Pod): boolean {
  return isPodTerminal(pod) || pod.status?.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
}

/** A pod that is not ready counts for nobody. */
function letsUnhealthyGo({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function withVersion(options: DeleteOptions, pod: Pod): DeleteOptions {
  if (options.preconditions?.resourceVersion !== undefined) return options;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion } };
}

/** Kubernetes: addConditionAndDeletePod. */
async function markAndDelete(deps: RegistryDeps, call: Call, existing: Existing, options: DeleteOptions): Promise<void> {
  let current = existing;
  let own = options;
  if (!call.dryRun) {
    const nowText = formatTime(deps.clock.nowMs());
    const marked = await guaranteedUpdate(deps, call, existing.object.metadata.name, existing, (pod) => disrupted(pod as Pod, options, nowText), NO_RULES);
    current = { object: marked, modRevision: Number(marked.metadata.resourceVersion) };
    // It was our own write that moved it on.
    if (options.preconditions?.resourceVersion !== undefined) own = { ...options, preconditions: { ...options.preconditions, resourceVersion: marked.metadata.resourceVersion } };
  }
  await deleteExisting(deps, call, current, own, false);
}

function disrupted(pod: Pod, { preconditions }: DeleteOptions, nowText: string): KubernetesObject {
  const { name, uid, resourceVersion } = pod.metadata;
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw newConflict(POD, name, `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`);
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    throw newConflict(POD, name, `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`);
  }
  const known = podCondition(pod, 'DisruptionTarget');
  const condition: PodCondition = {
    type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting',
    lastTransitionTime: (known?.status === 'True' ? known.lastTransitionTime : undefined) ?? nowText,
  };
  if (known !== undefined && known.status === 'True' && known.reason === condition.reason && known.message === condition.message) return pod;
  const conditions = pod.status?.conditions ?? [];
  return { ...pod, status: { ...pod.status, conditions: known === undefined ? [...conditions, condition] : conditions.map((each) => (each === known ? condition : each)) } } as KubernetesObject;
}
