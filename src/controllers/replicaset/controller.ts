import { type Disposable, DisposableStore, messageOf } from '../../base/index.ts';
import { controllerOf, hasReason, isPodReady, parseOptionalTime, type Pod, podCondition, pods } from '../../api/index.ts';
import {
  byControllerUid, objectKey, orphansIn, RateLimitedQueue, reconciled, type ReconcileResult, retryLater, runWorkers, keyOf,
} from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { claimObjects, isNamespaceTerminating } from '../shared/owners.ts';
import { isPodActive, isPodAvailable } from '../shared/pods.ts';
import { slowStartBatch } from '../shared/slow-start.ts';
import type { ReplicaKind, ReplicaOwner } from './kind.ts';
import { createPodControl } from './pod-control.ts';
import { podsToDelete } from './ranking.ts';
import { calculateStatus, type ManageFailure } from './status.ts';

/** Pods created or deleted in one pass. Kubernetes: replicaset.BurstReplicas. */
const burstReplicas = 500;
const concurrency = 5;

/** Keeps the number of pods that each ReplicaSet or ReplicationController asks for. Kubernetes: pkg/controller/replicaset. */
export function startReplicaController<T extends ReplicaOwner>(context: ControllerContext, kind: ReplicaKind<T>): Disposable {
  const { client, clock, informers, recorder } = context;
  const disposables = new DisposableStore();
  const owners = informers.informer(kind.ref);
  const podInformer = informers.informer(pods);
  owners.addOwnerIndex(byControllerUid);
  podInformer.addOwnerIndex(byControllerUid);
  const queue = new RateLimitedQueue<string>(clock);
  const expectations = new Expectations(clock);
  const podControl = createPodControl(kind.ref, client.resource(pods), recorder);

  // Wiring: every handler only enqueues keys.

  disposables.add(owners.addEventHandler({
    onAdd: (owner) => queue.add(objectKey(owner)),
    onUpdate: (_old, owner) => queue.add(objectKey(owner)),
    onDelete(owner) {
      expectations.forget(objectKey(owner));
      queue.add(objectKey(owner));
    },
  }));
  disposables.add(podInformer.addEventHandler({
    onAdd(pod) {
      if (pod.metadata.deletionTimestamp !== undefined) return podGone(pod);
      const key = ownerKey(pod);
      if (key === 'orphan') return enqueueMatching(pod);
      if (key === undefined) return;
      expectations.creationObserved(key);
      queue.add(key);
    },
    onUpdate(old, pod) {
      const labelsChanged = old.metadata.labels !== pod.metadata.labels;
      if (pod.metadata.deletionTimestamp !== undefined) {
        podGone(pod);
        if (labelsChanged) podGone(old);
        return;
      }
      const key = ownerKey(pod);
      const oldKey = ownerKey(old);
      if (oldKey !== key && oldKey !== undefined && oldKey !== 'orphan') queue.add(oldKey);
      if (key === 'orphan') {
        if (labelsChanged || oldKey !== key) enqueueMatching(pod);
      } else if (key !== undefined) queue.add(key);
    },
    onDelete: podGone,
  }));
  disposables.add(runWorkers({ clock, queue, concurrency, reconcile, onError: context.onError }));
  return disposables;

  /** The key of the pod's controller where it is of our kind and there; 'orphan' for a pod without any controller. */
  function ownerKey(pod: Pod): string | undefined {
    const controller = controllerOf(pod);
    if (controller === undefined) return 'orphan';
    if (controller.kind !== kind.ref.kind) return undefined;
    const key = keyOf(pod.metadata.namespace, controller.name);
    return owners.lister.getByKey(key)?.metadata.uid === controller.uid ? key : undefined;
  }

  function podGone(pod: Pod): void {
    const key = ownerKey(pod);
    if (key === undefined || key === 'orphan') return;
    expectations.deletionObserved(key, objectKey(pod));
    queue.add(key);
  }

  function enqueueMatching(orphan: Pod): void {
    for (const owner of owners.lister.listNamespace(orphan.metadata.namespace ?? '')) {
      const selector = kind.selectorOf(owner);
      if (!selector.empty && selector.matches(orphan.metadata.labels)) queue.add(objectKey(owner));
    }
  }

  async function reconcile(key: string): Promise<ReconcileResult> {
    const owner = owners.lister.getByKey(key);
    if (owner === undefined) {
      expectations.forget(key);
      return reconciled;
    }
    const needsSync = expectations.satisfied(key);
    const selector = kind.selectorOf(owner);
    const candidates: Pod[] = [];
    for (const pod of podInformer.lister.byIndex(byControllerUid, owner.metadata.uid)) if (isPodActive(pod)) candidates.push(pod);
    for (const pod of podInformer.lister.byIndex(byControllerUid, orphansIn(owner.metadata.namespace))) {
      if (isPodActive(pod) && selector.matches(pod.metadata.labels)) candidates.push(pod);
    }
    const replicas = await claimObjects({
      ownerRef: kind.ref, owner, owners: client.resource(kind.ref), objects: client.resource(pods), candidates,
      matches: (pod) => selector.matches(pod.metadata.labels),
    });
    let error: unknown;
    if (needsSync && owner.metadata.deletionTimestamp === undefined) error = await manageReplicas(key, owner, replicas);
    const difference = replicas.length - (owner.spec.replicas ?? 1);
    const failure: ManageFailure | undefined = error === undefined || difference === 0 ? undefined
      : { reason: difference < 0 ? 'FailedCreate' : 'FailedDelete', message: messageOf(error) };
    const nowMs = clock.nowMs();
    const status = calculateStatus(owner, replicas, failure, nowMs);
    if (status !== owner.status) await updateStatus(owner, status);
    if (error !== undefined) return retryLater(error);
    return availabilityWait(owner, replicas, nowMs);
  }

  async function updateStatus(owner: T, status: T['status'] & object): Promise<void> {
    try {
      await client.resource(kind.ref).updateStatus({ ...owner, status });
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }

  /** Creates or deletes towards spec.replicas; the first error, if any. Kubernetes: manageReplicas. */
  async function manageReplicas(key: string, owner: T, replicas: readonly Pod[]): Promise<unknown> {
    const missing = (owner.spec.replicas ?? 1) - replicas.length;
    if (missing > 0) return createReplicas(key, owner, Math.min(missing, burstReplicas));
    if (missing < 0) return deleteReplicas(key, owner, replicas, Math.min(-missing, burstReplicas));
    return undefined;
  }

  async function createReplicas(key: string, owner: T, count: number): Promise<unknown> {
    expectations.expectCreations(key, count);
    const { successes, error } = await slowStartBatch(count, () => podControl.create(owner, owner.spec.template ?? {}));
    if (successes < count) expectations.creationObserved(key, count - successes);
    // In a namespace that is going every creation fails; trying again would not help.
    return isNamespaceTerminating(error) ? undefined : error;
  }

  async function deleteReplicas(key: string, owner: T, replicas: readonly Pod[], count: number): Promise<unknown> {
    const doomed = podsToDelete(replicas, relatedPods(owner), count, clock.nowMs());
    expectations.expectDeletions(key, doomed.map(objectKey));
    let firstError: unknown;
    await Promise.all(doomed.map((pod) => podControl.delete(owner, pod).catch((error: unknown) => {
      expectations.deletionObserved(key, objectKey(pod));
      if (!hasReason(error, 'NotFound')) firstError ??= error;
    })));
    return firstError;
  }

  /** Active pods of all owners with the same controller: a Deployment's old and new ReplicaSets. Kubernetes: getIndirectlyRelatedPods. */
  function* relatedPods(owner: T): Iterable<Pod> {
    const parent = controllerOf(owner);
    const family = parent === undefined ? [owner] : owners.lister.byIndex(byControllerUid, parent.uid);
    for (const member of family) {
      for (const pod of podInformer.lister.byIndex(byControllerUid, member.metadata.uid)) if (isPodActive(pod)) yield pod;
    }
  }

  /** Looks again when the next ready pod will have been ready for minReadySeconds. */
  function availabilityWait(owner: T, replicas: readonly Pod[], nowMs: number): ReconcileResult {
    const minReadySeconds = owner.spec.minReadySeconds ?? 0;
    if (minReadySeconds === 0) return reconciled;
    let waitMs = Number.POSITIVE_INFINITY;
    for (const pod of replicas) {
      if (!isPodReady(pod) || isPodAvailable(pod, minReadySeconds, nowMs)) continue;
      const since = parseOptionalTime(podCondition(pod, 'Ready')?.lastTransitionTime) ?? nowMs;
      waitMs = Math.min(waitMs, since + minReadySeconds * 1000 - nowMs);
    }
    return waitMs === Number.POSITIVE_INFINITY ? reconciled : { requeueAfterMs: waitMs };
  }
}
