import { type PersistentVolume, type PersistentVolumeClaim, persistentVolumeClaims, persistentVolumes, type VolumeAttributesClass, volumeAttributesClasses } from '../../api/index.ts';
import { DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { addFinalizer, isDeletionCandidate, needsFinalizer, removeFinalizer } from '../shared/protection.ts';

const FINALIZER = 'kubernetes.io/vac-protection';
const byClass = 'volumeAttributesClass';

/** Lets a class of volume attributes that is being deleted go once no volume and no claim names it. Kubernetes: pkg/controller/volume/vacprotection. */
export const startAttributesClassProtectionController: StartController = ({ client, clock, informers, onError }) => {
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const classes = client.resource(volumeAttributesClasses);
  const classInformer = informers.informer(volumeAttributesClasses);
  const volumeInformer = informers.informer(persistentVolumes);
  const claimInformer = informers.informer(persistentVolumeClaims);
  volumeInformer.addIndex(byClass, namesOfVolume);
  claimInformer.addIndex(byClass, namesOfClaim);

  const onClass = (object: VolumeAttributesClass): void => {
    if (needsFinalizer(object, FINALIZER) || isDeletionCandidate(object, FINALIZER)) queue.add(object.metadata.name);
  };
  const enqueue = (names: readonly string[]): void => {
    for (const name of names) queue.add(name);
  };
  disposables.add(classInformer.addEventHandler({ onAdd: onClass, onUpdate: (_old, object) => onClass(object) }));
  disposables.add(volumeInformer.addEventHandler({ onUpdate: (old) => enqueue(namesOfVolume(old)), onDelete: (volume) => enqueue(namesOfVolume(volume)) }));
  disposables.add(claimInformer.addEventHandler({ onUpdate: (old) => enqueue(namesOfClaim(old)), onDelete: (claim) => enqueue(namesOfClaim(claim)) }));
  disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError }));
  return disposables;

  async function reconcile(name: string): Promise<ReconcileResult> {
    await Promise.all([volumeInformer.waitForSync(), claimInformer.waitForSync()]);
    const object = classInformer.lister.getByKey(name);
    if (object === undefined) return reconciled;
    const isUsed = volumeInformer.lister.countByIndex(byClass, name) > 0 || claimInformer.lister.countByIndex(byClass, name) > 0;
    if (isDeletionCandidate(object, FINALIZER)) {
      if (!isUsed) await removeFinalizer(classes, object, FINALIZER);
    } else if (needsFinalizer(object, FINALIZER)) await addFinalizer(classes, object, FINALIZER);
    return reconciled;
  }
};

function namesOfVolume({ spec }: PersistentVolume): readonly string[] {
  return spec.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];
}

function namesOfClaim({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return [...new Set(names.filter((name): name is string => name !== undefined && name !== ''))];
}
