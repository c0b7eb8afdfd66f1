import { formatTime, parseOptionalTime, type Pod, type Service } from '../../api/index.ts';
import { triggerMsOf } from './service-pods.ts';

interface SeenTimes {
  readonly serviceMs: number | undefined;
  readonly podMs: ReadonlyMap<string, number>;
}

/** The annotation that says when what an endpoints object shows happened. */
export const annotationLastChangeTriggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/**
 * Finds the time of the oldest change that a pass over a Service will show, so that one can measure how long the network
 * took to follow. Kubernetes: endpointslice/trigger_time_tracker.go.
 */
export class TriggerTimes {
  private readonly seen = new Map<string, SeenTimes>();

  /** The text of the time, or undefined where no change since the last call tells its time. */
  compute(key: string, service: Service, pods: Iterable<Pod>): string | undefined {
    const before = this.seen.get(key);
    const podMs = new Map<string, number>();
    let firstMs = Number.POSITIVE_INFINITY;
    for (const pod of pods) {
      const ms = triggerMsOf(pod);
      if (ms === undefined) continue;
      podMs.set(pod.metadata.name, ms);
      const knownMs = before?.podMs.get(pod.metadata.name);
      if (before !== undefined && (knownMs === undefined || ms > knownMs)) firstMs = Math.min(firstMs, ms);
    }
    const serviceMs = parseOptionalTime(service.metadata.creationTimestamp);
    if (serviceMs !== undefined && (before?.serviceMs === undefined || serviceMs > before.serviceMs)) firstMs = Math.min(firstMs, serviceMs);
    this.seen.set(key, { serviceMs, podMs });
    return firstMs === Number.POSITIVE_INFINITY ? undefined : formatTime(firstMs);
  }

  forget(key: string): void {
    this.seen.delete(key);
  }
}
