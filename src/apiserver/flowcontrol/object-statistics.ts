import { encodedJson } from '../../api/index.ts';
import type { Clock } from '../../world/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { ObjectStats } from './work-estimate.ts';

/** How long sizes are good for. Kubernetes: storage/etcd3/metrics, a minute. */
const FRESH_MS = 60_000;
/** Objects that are measured; the average of these stands for all. */
const SAMPLES = 10;

/** How many objects there are of a resource, and how big they are. Kubernetes: object_count_tracker.go. */
export class ObjectStatistics {
  private readonly clock: Clock;
  private readonly sizes = new WeakMap<ResourceCache, { readonly bytes: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  of(cache: ResourceCache): ObjectStats {
    const count = cache.objects.size;
    if (count === 0) return { count, averageBytes: 0 };
    const nowMs = this.clock.elapsedMs();
    let known = this.sizes.get(cache);
    if (known === undefined || nowMs - known.atMs > FRESH_MS || known.bytes === 0) this.sizes.set(cache, known = { bytes: measure(cache), atMs: nowMs });
    return { count, averageBytes: known.bytes };
  }
}

function measure(cache: ResourceCache): number {
  let bytes = 0;
  let samples = 0;
  for (const { object } of cache.objects.candidates({})) {
    bytes += encodedJson(object).length;
    if (++samples === SAMPLES) break;
  }
  return samples === 0 ? 0 : Math.round(bytes / samples);
}
