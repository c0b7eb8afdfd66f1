import type { KubernetesObject } from '../../api/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';

const NONE: readonly never[] = Object.freeze([]);

/** A resource's objects by their namespace, by name; nothing to look at where a namespace has none. */
export class ByNamespace<T extends KubernetesObject> {
  private readonly cache: ResourceCache;
  private readonly lists = new Map<string, readonly T[] | undefined>();

  constructor(cache: ResourceCache) {
    this.cache = cache;
    cache.onChange((object, previous) => {
      const namespace = (object ?? previous)?.metadata.namespace ?? '';
      if (object === undefined && this.cache.objects.list({ namespace }).length === 0) this.lists.delete(namespace);
      else this.lists.set(namespace, undefined);
    });
  }

  get(namespace: string): readonly T[] {
    if (!this.lists.has(namespace)) return NONE;
    let list = this.lists.get(namespace);
    if (list === undefined) {
      list = this.cache.objects.list({ namespace }) as unknown as T[];
      this.lists.set(namespace, list);
    }
    return list;
  }
}
