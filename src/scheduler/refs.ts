import type { PodDisruptionBudget, ResourceRef, StatefulSet } from '../api/index.ts';

/** Kinds that Drydock does not define; read where the API serves them: pods of a StatefulSet are spread, and preemption spares what a budget protects. */
export const statefulSets: ResourceRef<StatefulSet> = { group: 'apps', version: 'v1', resource: 'statefulsets', kind: 'StatefulSet', namespaced: true };
export const podDisruptionBudgets: ResourceRef<PodDisruptionBudget> = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', namespaced: true };
