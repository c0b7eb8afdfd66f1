import type { RequestInfo } from './match.ts';

/** How many watches look at what, because each makes a write more work. Kubernetes: watch_tracker.go. */
export class WatchCounts {
  private readonly counts = new Map<string, number>();

  /** Counts a watch until the result is called. */
  add(watch: RequestInfo, fieldSelector: string | undefined): () => void {
    // A watch of one node's pods sees few of them.
    if (watch.resource === 'pods' && fieldSelector !== undefined && /(?:^|,)spec\.nodeName==?[^,=]/.test(fieldSelector)) return () => {};
    const key = keyOf(watch, watch.namespace, watch.name);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return () => {
      const left = (this.counts.get(key) ?? 1) - 1;
      if (left === 0) this.counts.delete(key);
      else this.counts.set(key, left);
    };
  }

  /** How many will hear of a write. */
  interestedIn(write: RequestInfo): number {
    if (this.counts.size === 0) return 0;
    const of = (namespace: string, name: string) => this.counts.get(keyOf(write, namespace, name)) ?? 0;
    let sum = of('', '');
    if (write.namespace !== '') sum += of(write.namespace, '');
    if (write.name !== '') sum += of(write.namespace, write.name);
    return sum;
  }
}

function keyOf({ group, resource }: RequestInfo, namespace: string, name: string): string {
  return `${group}/${resource}/${namespace}/${name}`;
}
