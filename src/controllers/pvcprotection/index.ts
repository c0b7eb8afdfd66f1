import { controllerOf, isPodTerminal, type PersistentVolumeClaim, persistentVolumeClaims, type Pod, pods, type Volume } from '../../api/index.ts';
import { DisposableStore } from '../../base/index.ts';
import { keyOf, objectKey, RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { addFinalizer, isDeletionCandidate, needsFinalizer, removeFinalizer } from '../shared/protection.ts';

const FINALIZER = 'kubernetes.io/pvc-protection';
const byClaim = 'claim';

/** Lets a claim that is being deleted go once no pod uses it. Kubernetes: pkg/controller/volume/pvcprotection. */
export const startClaimProtectionController: StartController = ({ client, clock, informers, onError }) => {
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const claims = client.resource(persistentVolumeClaims);
  const claimInformer = informers.informer(persistentVolumeClaims);
  const podInformer = informers.informer(pods);
  podInformer.addIndex(byClaim, claimKeysOf);

  const onClaim = (claim: PersistentVolumeClaim): void => {
    if (needsFinalizer(claim, FINALIZER) || isDeletionCandidate(claim, FINALIZER)) queue.add(objectKey(claim));
  };
  const onPod = (pod: Pod, isGone: boolean): void => {
    // Pods that run keep their claims.
    if (isGone || isPodTerminal(pod) || !pod.spec.nodeName) for (const key of claimKeysOf(pod) ?? []) queue.add(key);
  };
  disposables.add(claimInformer.addEventHandler({ onAdd: onClaim, onUpdate: (_old, claim) => onClaim(claim) }));
  disposables.add(podInformer.addEventHandler({ onAdd: (pod) => onPod(pod, false), onUpdate: (_old, pod) => onPod(pod, false), onDelete: (pod) => onPod(pod, true) }));
  disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError }));
  return disposables;

  async function reconcile(key: string): Promise<ReconcileResult> {
    const claim = claimInformer.lister.getByKey(key);
    if (claim === undefined) return reconciled;
    if (isDeletionCandidate(claim, FINALIZER)) {
      if (!(await isUsed(claim))) await removeFinalizer(claims, claim, FINALIZER);
    } else if (needsFinalizer(claim, FINALIZER)) await addFinalizer(claims, claim, FINALIZER);
    return reconciled;
  }

  /** The cache first; where it says no, the API server has the last word, for a pod may just have come. */
  async function isUsed(claim: PersistentVolumeClaim): Promise<boolean> {
    await podInformer.waitForSync();
    const { namespace = '' } = claim.metadata;
    for (const pod of podInformer.lister.byIndex(byClaim, objectKey(claim))) if (podUses(pod, claim)) return true;
    return (await client.resource(pods).list({ namespace })).items.some((pod) => podUses(pod, claim));
  }
};

function claimNameOf(pod: Pod, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  return persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${pod.metadata.name}-${name}`);
}

function claimKeysOf(pod: Pod): readonly string[] | undefined {
  const names = (pod.spec.volumes ?? []).map((volume) => claimNameOf(pod, volume)).filter((name) => name !== undefined);
  return names.length === 0 ? undefined : names.map((name) => keyOf(pod.metadata.namespace, name));
}

/** A kubelet starts no pod whose claim is being deleted, so that only pods on nodes count. Kubernetes: podUsesPVCForDeletion. */
function podUses(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec.nodeName) return false;
  const isShutDown = pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionGracePeriodSeconds === 0;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (claimNameOf(pod, volume) !== claim.metadata.name) return false;
    return volume.ephemeral === undefined || (!isShutDown && controllerOf(claim)?.uid === pod.metadata.uid);
  });
}
