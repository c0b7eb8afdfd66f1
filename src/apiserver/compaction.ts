import type { Disposable } from '../base/index.ts';
import type { Store } from '../etcd/index.ts';
import type { Clock } from '../world/index.ts';

/** Kubernetes: --etcd-compaction-interval. */
const COMPACTION_INTERVAL_MS = 300_000;

/** Every five minutes the store forgets what is older than five minutes. Kubernetes: storage/etcd3/compact.go. */
export function startCompaction(store: Store, clock: Clock): Disposable {
  let revisionBefore = 0;
  let timer: Disposable;
  const compact = () => {
    const wanted = revisionBefore;
    const { revision, compactRevision } = store.status();
    revisionBefore = revision;
    timer = clock.schedule(COMPACTION_INTERVAL_MS, compact);
    // A failure is no harm: the next one compacts more.
    if (wanted > compactRevision) store.compact(wanted).catch(() => undefined);
  };
  revisionBefore = store.status().revision;
  timer = clock.schedule(COMPACTION_INTERVAL_MS, compact);
  return { dispose: () => timer.dispose() };
}
