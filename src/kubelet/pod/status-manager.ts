import { type Disposable, DisposableStore } from '../../base/index.ts';
import { hasReason, type Pod } from '../../api/index.ts';
import type { ResourceClient } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import type { PodDriver } from './pod-driver.ts';

/**
 * Writes the status of pods to the API server: one write a pod at a time, and whatever changes meanwhile goes into the
 * next one. Once a pod's last status is written and it is to be deleted, deletes it. Kubernetes: kubelet/status, Manager.
 */
export interface StatusManager extends Disposable {
  /** The pod's status may have changed. */
  touch(driver: PodDriver): void;
}

export interface StatusManagerOptions {
  readonly pods: ResourceClient<Pod>;
  readonly clock: Clock;
  readonly onError?: (error: unknown) => void;
}

/** How long a write that failed waits. Kubernetes: status manager's syncPeriod. */
const retryMs = 10_000;

/** The status manager of one node. Writes that fail are tried again after 10 s. */
export function createStatusManager({ pods, clock, onError }: StatusManagerOptions): StatusManager {
  const store = new DisposableStore();
  const dirty = new Set<PodDriver>();
  const writing = new Set<PodDriver>();
  const retries = new Set<Disposable>();
  let flushing: Disposable | undefined;

  /** Everything that happens in one turn of the loop is one write. */
  const schedule = (delayMs: number) => {
    if (flushing !== undefined || store.isDisposed) return;
    flushing = clock.schedule(delayMs, flush);
  };
  const flush = () => {
    flushing = undefined;
    const batch = [...dirty];
    dirty.clear();
    for (const driver of batch) {
      if (writing.has(driver)) dirty.add(driver);
      else void write(driver);
    }
  };
  const write = async (driver: PodDriver) => {
    const status = driver.unwrittenStatus();
    if (status === undefined) return finish(driver);
    writing.add(driver);
    let failed = false;
    try {
      driver.update(await pods.updateStatus({ ...driver.pod, status }));
    } catch (error) {
      failed = !await resolveFailure(driver, error);
    }
    writing.delete(driver);
    if (store.isDisposed) return;
    if (failed) {
      retryLater(driver);
      return;
    }
    if (dirty.has(driver)) schedule(0);
    else finish(driver);
  };
  /** Gives back whether the failure is dealt with. */
  const resolveFailure = async (driver: PodDriver, error: unknown): Promise<boolean> => {
    if (hasReason(error, 'NotFound')) return true;
    if (!hasReason(error, 'Conflict')) {
      onError?.(error);
      return false;
    }
    try {
      const newest = await pods.get(driver.pod.metadata);
      if (newest.metadata.uid !== driver.pod.metadata.uid) return true;
      driver.update(newest);
      dirty.add(driver);
      return true;
    } catch (failure) {
      return hasReason(failure, 'NotFound');
    }
  };
  const finish = (driver: PodDriver) => {
    const { metadata } = driver.pod;
    if (!driver.worker.isFinished || metadata.deletionTimestamp === undefined) return;
    pods.delete(metadata, { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } }).catch((error: unknown) => {
      if (hasReason(error, 'NotFound', 'Conflict') || store.isDisposed) return;
      onError?.(error);
      retryLater(driver);
    });
  };
  const retryLater = (driver: PodDriver) => {
    const timer = clock.schedule(retryMs, () => {
      retries.delete(timer);
      touch(driver);
    });
    retries.add(timer);
  };
  const touch = (driver: PodDriver) => {
    if (store.isDisposed) return;
    dirty.add(driver);
    if (!writing.has(driver)) schedule(0);
  };
  return {
    touch,
    dispose() {
      store.dispose();
      flushing?.dispose();
      for (const timer of retries) timer.dispose();
      dirty.clear();
    },
  };
}
