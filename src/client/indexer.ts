import { assertDefined } from '../base/index.ts';
import type { KubernetesObject } from '../api/index.ts';

/** The value (or values) under which an index holds an object; undefined: not in this index. */
export type IndexFunction<T extends KubernetesObject> = (object: T) => string | readonly string[] | undefined;

/** Reads of a store. Nothing is copied: an iteration sees the store as it is, so finish it before you await. */
export interface Lister<T extends KubernetesObject> {
  /** By key: `namespace/name`, or `name` for cluster-scoped objects. */
  getByKey(key: string): T | undefined;
  get(namespace: string | undefined, name: string): T | undefined;
  /** All objects, or those that matches says yes to. */
  list(matches?: (object: T) => boolean): Iterable<T>;
  /** The objects of a namespace, or those of them that matches says yes to. */
  listNamespace(namespace: string, matches?: (object: T) => boolean): Iterable<T>;
  /** The objects that an index holds under value. The index has to be there (addIndex). */
  byIndex(index: string, value: string): Iterable<T>;
  /** The values under which an index holds objects. */
  indexValues(index: string): Iterable<string>;
  /** How many objects an index holds under value. */
  countByIndex(index: string, value: string): number;
  readonly size: number;
}

/** The key of an object in stores and queues: `namespace/name`, or `name`. Kubernetes: cache.MetaNamespaceKeyFunc. */
export function objectKey(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The key of a namespace and a name. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The two halves of a key. */
export function splitKey(key: string): { readonly namespace?: string; readonly name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Index by namespace. */
export const byNamespace = 'namespace';
/** Index by the uid of every owner. */
export const byOwnerUid = 'ownerUid';
/** Index by the uid of the owner that is the controller; objects without one are under orphansIn(namespace). */
export const byControllerUid = 'controllerUid';

/** Where byControllerUid keeps the objects of a namespace that no controller owns. */
export const orphansIn = (namespace: string | undefined) => `orphans/${namespace ?? ''}`;

const noObjects: readonly never[] = Object.freeze([]);

/** A store of objects by key with indexes that follow each change. Kubernetes: client-go tools/cache, Indexer. */
export class Indexer<T extends KubernetesObject> implements Lister<T> {
  private readonly objects = new Map<string, T>();
  private readonly indexes = new Map<string, { readonly of: IndexFunction<T>; readonly buckets: Map<string, Map<string, T>> }>();

  get size(): number {
    return this.objects.size;
  }

  /** Adds an index and fills it. A name that is taken keeps its first function. */
  addIndex(name: string, of: IndexFunction<T>): void {
    if (this.indexes.has(name)) return;
    const index = { of, buckets: new Map<string, Map<string, T>>() };
    this.indexes.set(name, index);
    for (const [key, object] of this.objects) addToBuckets(index.buckets, of(object), key, object);
  }

  /** Stores object and gives back what was there. */
  set(key: string, object: T): T | undefined {
    const old = this.objects.get(key);
    this.objects.set(key, object);
    for (const { of, buckets } of this.indexes.values()) {
      const next = of(object);
      const previous = old === undefined ? undefined : of(old);
      if (previous !== next) removeFromBuckets(buckets, previous, key);
      else if (typeof next === 'string') {
        buckets.get(next)?.set(key, object); // most updates: the object stays where it is
        continue;
      }
      addToBuckets(buckets, next, key, object);
    }
    return old;
  }

  /** Removes and gives back what was there. */
  delete(key: string): T | undefined {
    const old = this.objects.get(key);
    if (old === undefined) return undefined;
    this.objects.delete(key);
    for (const { of, buckets } of this.indexes.values()) removeFromBuckets(buckets, of(old), key);
    return old;
  }

  keys(): Iterable<string> {
    return this.objects.keys();
  }

  getByKey(key: string): T | undefined {
    return this.objects.get(key);
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.objects.get(keyOf(namespace, name));
  }

  list(matches?: (object: T) => boolean): Iterable<T> {
    return matches === undefined ? this.objects.values() : filter(this.objects.values(), matches);
  }

  listNamespace(namespace: string, matches?: (object: T) => boolean): Iterable<T> {
    this.addIndex(byNamespace, (object) => object.metadata.namespace);
    const objects = this.byIndex(byNamespace, namespace);
    return matches === undefined ? objects : filter(objects, matches);
  }

  byIndex(index: string, value: string): Iterable<T> {
    return this.bucket(index, value)?.values() ?? noObjects;
  }

  countByIndex(index: string, value: string): number {
    return this.bucket(index, value)?.size ?? 0;
  }

  indexValues(index: string): Iterable<string> {
    return assertDefined(this.indexes.get(index), `index ${index}`).buckets.keys();
  }

  private bucket(index: string, value: string): Map<string, T> | undefined {
    return assertDefined(this.indexes.get(index), `index ${index}`).buckets.get(value);
  }
}

function* filter<T>(objects: Iterable<T>, matches: (object: T) => boolean): Iterable<T> {
  for (const object of objects) if (matches(object)) yield object;
}

function addToBuckets<T>(buckets: Map<string, Map<string, T>>, values: string | readonly string[] | undefined, key: string, object: T): void {
  if (values === undefined) return;
  if (typeof values !== 'string') {
    for (const value of values) addToBuckets(buckets, value, key, object);
    return;
  }
  const bucket = buckets.get(values);
  if (bucket === undefined) buckets.set(values, new Map([[key, object]]));
  else bucket.set(key, object);
}

function removeFromBuckets<T>(buckets: Map<string, Map<string, T>>, values: string | readonly string[] | undefined, key: string): void {
  if (values === undefined) return;
  if (typeof values !== 'string') {
    for (const value of values) removeFromBuckets(buckets, value, key);
    return;
  }
  const bucket = buckets.get(values);
  if (bucket?.delete(key) === true && bucket.size === 0) buckets.delete(values);
}

/** Index functions that many controllers share. */
export const indexFunctions = {
  ownerUid: (object: KubernetesObject) => object.metadata.ownerReferences?.map((owner) => owner.uid),
  controllerUid(object: KubernetesObject): string {
    for (const owner of object.metadata.ownerReferences ?? noObjects) if (owner.controller === true) return owner.uid;
    return orphansIn(object.metadata.namespace);
  },
  /** By the value of one label. */
  label: (key: string) => (object: KubernetesObject) => object.metadata.labels?.[key],
} as const;
