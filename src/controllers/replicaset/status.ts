import { formatTime, isPodReady, type Pod, type ReplicaSetCondition, type ReplicaSetStatus } from '../../api/index.ts';
import { isPodAvailable } from '../shared/pods.ts';
import type { ReplicaOwner } from './kind.ts';

/** The status that the pods make, the same object where nothing changed. Kubernetes: replicaset.calculateStatus. */
export function calculateStatus(owner: ReplicaOwner, pods: readonly Pod[], failure: ManageFailure | undefined, nowMs: number): ReplicaSetStatus {
  const templateLabels = Object.entries(owner.spec.template?.metadata?.labels ?? {});
  const minReadySeconds = owner.spec.minReadySeconds ?? 0;
  let fullyLabeledReplicas = 0;
  let readyReplicas = 0;
  let availableReplicas = 0;
  for (const pod of pods) {
    const { labels } = pod.metadata;
    if (templateLabels.every(([key, value]) => labels?.[key] === value)) fullyLabeledReplicas++;
    if (!isPodReady(pod)) continue;
    readyReplicas++;
    if (isPodAvailable(pod, minReadySeconds, nowMs)) availableReplicas++;
  }
  const old: Partial<ReplicaSetStatus> = owner.status ?? {};
  const conditions = failureConditions(old.conditions ?? noConditions, failure, nowMs);
  const observedGeneration = owner.metadata.generation ?? 0;
  const same = old.replicas === pods.length && (old.fullyLabeledReplicas ?? 0) === fullyLabeledReplicas
    && (old.readyReplicas ?? 0) === readyReplicas && (old.availableReplicas ?? 0) === availableReplicas
    && (old.observedGeneration ?? 0) === observedGeneration && (old.conditions ?? noConditions) === conditions;
  if (same) return old as ReplicaSetStatus;
  return {
    replicas: pods.length,
    ...(fullyLabeledReplicas === 0 ? {} : { fullyLabeledReplicas }),
    ...(readyReplicas === 0 ? {} : { readyReplicas }),
    ...(availableReplicas === 0 ? {} : { availableReplicas }),
    observedGeneration,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

/** Why pods could not be made or deleted. */
export interface ManageFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

const noConditions: readonly ReplicaSetCondition[] = [];

function failureConditions(conditions: readonly ReplicaSetCondition[], failure: ManageFailure | undefined, nowMs: number): readonly ReplicaSetCondition[] {
  const has = conditions.some((condition) => condition.type === 'ReplicaFailure');
  if (failure === undefined) return has ? conditions.filter((condition) => condition.type !== 'ReplicaFailure') : conditions;
  if (has) return conditions; // the first failure is kept until one pass succeeds
  return [...conditions, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: formatTime(nowMs), ...failure }];
}
