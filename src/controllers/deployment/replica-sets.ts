import { type Deployment, LABEL_POD_TEMPLATE_HASH, type PodTemplateSpec, type ReplicaSet, sameValue } from '../../api/index.ts';

/** The ReplicaSets of a Deployment, seen from its template. */
export interface ReplicaSetFamily {
  /** The one with the Deployment's own template, if it exists. */
  readonly current: ReplicaSet | undefined;
  /** All others, oldest first. */
  readonly old: readonly ReplicaSet[];
}

/** Kubernetes: deploymentutil.FindNewReplicaSet, FindOldReplicaSets. */
export function sortFamily(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSetFamily {
  const sorted = [...replicaSets].sort(byCreation);
  // More than one may fit (a hash collision that was resolved); upstream always takes the oldest.
  const current = sorted.find((replicaSet) => sameTemplate(replicaSet.spec.template, deployment.spec.template));
  return { current, old: sorted.filter((replicaSet) => replicaSet !== current) };
}

/** True where two templates are the same but for their pod-template-hash. Kubernetes: EqualIgnoreHash. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return sameValue(a?.spec, b?.spec) && sameValue(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [LABEL_POD_TEMPLATE_HASH]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const { name, annotations, finalizers } = template?.metadata ?? {};
  return { name, annotations, finalizers, labels };
}

/** Oldest first, then by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata, b.metadata];
  if (left.creationTimestamp !== right.creationTimestamp) return left.creationTimestamp < right.creationTimestamp ? -1 : 1;
  return left.name < right.name ? -1 : 1;
}

export const replicasOf = (replicaSet: ReplicaSet) => replicaSet.spec.replicas ?? 1;
export const isActive = (replicaSet: ReplicaSet) => replicasOf(replicaSet) > 0;

type Count = 'replicas' | 'readyReplicas' | 'availableReplicas';

/** What the ReplicaSets ask for, all together. */
export function sumDesired(replicaSets: readonly ReplicaSet[]): number {
  let sum = 0;
  for (const replicaSet of replicaSets) sum += replicasOf(replicaSet);
  return sum;
}

/** What the ReplicaSets have, all together, as their status says. */
export function sumStatus(replicaSets: readonly ReplicaSet[], count: Count): number {
  let sum = 0;
  for (const replicaSet of replicaSets) sum += replicaSet.status?.[count] ?? 0;
  return sum;
}

/** Current (where there is one) and old together. */
export function allOf(family: ReplicaSetFamily): readonly ReplicaSet[] {
  return family.current === undefined ? family.old : [...family.old, family.current];
}
