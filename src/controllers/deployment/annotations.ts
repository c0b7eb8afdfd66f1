import { ANNOTATION_DEPLOYMENT_REVISION, ANNOTATION_LAST_APPLIED, type Deployment, type ReplicaSet } from '../../api/index.ts';
import { desiredReplicas, maxSurgeOf } from './limits.ts';

type Annotations = Readonly<Record<string, string>>;

export const annotationDesiredReplicas = 'deployment.kubernetes.io/desired-replicas';
export const annotationMaxReplicas = 'deployment.kubernetes.io/max-replicas';
const annotationRevisionHistory = 'deployment.kubernetes.io/revision-history';
const revisionHistoryLengthMax = 2000;

/** Not copied from a Deployment to its ReplicaSets. */
const ownAnnotations: ReadonlySet<string> = new Set([
  ANNOTATION_LAST_APPLIED, ANNOTATION_DEPLOYMENT_REVISION, annotationRevisionHistory, annotationDesiredReplicas, annotationMaxReplicas,
  'deprecated.deployment.rollback.to',
]);

/** The revision of a ReplicaSet or Deployment, 64 bits as in Go; 0 where it has none. */
export function revisionOf(object: { readonly metadata: { readonly annotations?: Annotations } }): bigint {
  const text = object.metadata.annotations?.[ANNOTATION_DEPLOYMENT_REVISION] ?? '';
  if (!/^[+-]?[0-9]{1,32}$/.test(text)) return 0n;
  const revision = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, revision) === revision ? revision : 0n;
}

/** The highest revision of the ReplicaSets; 0 where there is none. */
export function maxRevision(replicaSets: readonly ReplicaSet[]): bigint {
  return replicaSets.map(revisionOf).reduce((max, revision) => (revision > max ? revision : max), 0n);
}

/** Annotations for a new ReplicaSet. Kubernetes: SetNewReplicaSetAnnotations with exists false. */
export function newReplicaSetAnnotations(deployment: Deployment, revision: bigint): Annotations {
  return {
    ...copiedAnnotations(deployment),
    [ANNOTATION_DEPLOYMENT_REVISION]: String(revision),
    ...replicaAnnotations(deployment),
  };
}

/** The annotations that the current ReplicaSet should have; the same object where it has them. Kubernetes: SetNewReplicaSetAnnotations with exists true. */
export function updatedAnnotations(deployment: Deployment, replicaSet: ReplicaSet, revision: bigint): Annotations {
  const old = replicaSet.metadata.annotations ?? {};
  let next: Record<string, string> = { ...old, ...copiedAnnotations(deployment) };
  const oldText = old[ANNOTATION_DEPLOYMENT_REVISION];
  if (revisionOf(replicaSet) < revision) {
    next = { ...next, [ANNOTATION_DEPLOYMENT_REVISION]: String(revision) };
    // A rollback: the revision that this ReplicaSet had goes to its history.
    if (oldText !== undefined) next = { ...next, [annotationRevisionHistory]: appendHistory(old[annotationRevisionHistory], oldText) };
  }
  return sameAnnotations(old, next) ? old : next;
}

/** desired-replicas and max-replicas, by which a later scaling knows what this size meant. */
export function replicaAnnotations(deployment: Deployment): Annotations {
  const desired = desiredReplicas(deployment);
  return { [annotationDesiredReplicas]: String(desired), [annotationMaxReplicas]: String(desired + maxSurgeOf(deployment)) };
}

/** True where both have the same keys and values. */
export function sameAnnotations(a: Annotations, b: Annotations): boolean {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}

function copiedAnnotations(deployment: Deployment): Annotations {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key)));
}

function appendHistory(history: string | undefined, revision: string): string {
  if (history === undefined || history === '') return revision;
  const revisions = [...history.split(','), revision];
  while (revisions.length > 1 && revisions.join(',').length > revisionHistoryLengthMax) revisions.shift();
  return revisions.join(',');
}
