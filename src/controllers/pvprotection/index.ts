import { type PersistentVolume, persistentVolumes } from '../../api/index.ts';
import { DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { addFinalizer, isDeletionCandidate, needsFinalizer, removeFinalizer } from '../shared/protection.ts';

const FINALIZER = 'kubernetes.io/pv-protection';

/** Lets a volume that is being deleted go once no claim is bound to it. Kubernetes: pkg/controller/volume/pvprotection. */
export const startVolumeProtectionController: StartController = ({ client, clock, informers, onError }) => {
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const volumes = client.resource(persistentVolumes);
  const informer = informers.informer(persistentVolumes);
  const onChange = (volume: PersistentVolume): void => {
    if (needsFinalizer(volume, FINALIZER) || isDeletionCandidate(volume, FINALIZER)) queue.add(volume.metadata.name);
  };
  disposables.add(informer.addEventHandler({ onAdd: onChange, onUpdate: (_old, volume) => onChange(volume) }));
  disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError }));
  return disposables;

  async function reconcile(name: string): Promise<ReconcileResult> {
    const volume = informer.lister.getByKey(name);
    if (volume === undefined) return reconciled;
    if (isDeletionCandidate(volume, FINALIZER) && volume.status?.phase !== 'Bound') await removeFinalizer(volumes, volume, FINALIZER);
    else if (needsFinalizer(volume, FINALIZER)) await addFinalizer(volumes, volume, FINALIZER);
    return reconciled;
  }
};
