import type { KubernetesObject } from '../../api/index.ts';
import type { IndexedField, Selection } from './selection.ts';

/** The current state of one object. */
export interface Entry {
  readonly key: string;
  /** '' where the resource has no namespaces. */
  readonly namespace: string;
  readonly name: string;
  object: KubernetesObject;
  /** The store's revision of this state. */
  modRevision: number;
  gone: boolean;
}

/** The objects of one namespace. Order is made when somebody lists: appended entries are sorted and merged then. */
class Bucket {
  readonly entries = new Map<string, Entry>();
  private ordered: Entry[] = [];
  private appended: Entry[] = [];
  private holes = 0;

  add(entry: Entry): void {
    this.entries.set(entry.name, entry);
    this.appended.push(entry);
  }

  remove(entry: Entry): void {
    this.entries.delete(entry.name);
    entry.gone = true;
    this.holes++;
  }

  /** By name. Only valid until the next change. */
  inOrder(): readonly Entry[] {
    if (this.appended.length === 0 && this.holes === 0) return this.ordered;
    const added = this.appended.filter((entry) => !entry.gone).sort(byName);
    const old = this.holes === 0 ? this.ordered : this.ordered.filter((entry) => !entry.gone);
    this.ordered = mergeByName(old, added);
    this.appended = [];
    this.holes = 0;
    return this.ordered;
  }
}

/** The current objects of one resource, ordered as their keys in the store, with its indexes. */
export class ObjectTable {
  private readonly buckets = new Map<string, Bucket>();
  private orderedNamespaces: string[] | undefined = [];
  private readonly indexes: readonly { readonly by: IndexedField; readonly entries: Map<string, Set<Entry>> }[];
  private count = 0;

  constructor(indexedFields: readonly IndexedField[]) {
    this.indexes = indexedFields.map((by) => ({ by, entries: new Map() }));
  }

  get size(): number {
    return this.count;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.buckets.get(namespace)?.entries.get(name);
  }

  add(entry: Entry): void {
    let bucket = this.buckets.get(entry.namespace);
    if (bucket === undefined) {
      bucket = new Bucket();
      this.buckets.set(entry.namespace, bucket);
      this.orderedNamespaces = undefined;
    }
    bucket.add(entry);
    this.count++;
    for (const { by, entries } of this.indexes) addToSet(entries, by.value(entry.object), entry);
  }

  replace(entry: Entry, object: KubernetesObject, modRevision: number): void {
    for (const { by, entries } of this.indexes) {
      const before = by.value(entry.object);
      const after = by.value(object);
      if (before === after) continue;
      removeFromSet(entries, before, entry);
      addToSet(entries, after, entry);
    }
    entry.object = object;
    entry.modRevision = modRevision;
  }

  remove(entry: Entry): void {
    const bucket = this.buckets.get(entry.namespace);
    if (bucket === undefined) return;
    bucket.remove(entry);
    this.count--;
    for (const { by, entries } of this.indexes) removeFromSet(entries, by.value(entry.object), entry);
    if (bucket.entries.size > 0) return;
    this.buckets.delete(entry.namespace);
    this.orderedNamespaces = undefined;
  }

  /** The objects of a selection in key order. */
  list(selection: Selection): KubernetesObject[] {
    const objects: KubernetesObject[] = [];
    for (const entry of this.candidates(selection)) {
      if (selection.matches === undefined || selection.matches(entry.object)) objects.push(entry.object);
    }
    return objects;
  }

  /** The objects with a value of an indexed field, in no order. Only valid until the next change. */
  withValue(field: string, value: string): Iterable<Entry> {
    return this.indexes.find(({ by }) => by.field === field)?.entries.get(value) ?? [];
  }

  /** Entries in key order that may match; without looking at those which an index rules out. Only valid until the next change. */
  *candidates(selection: Selection): Iterable<Entry> {
    const { namespace, name, indexed } = selection;
    const index = indexed === undefined ? undefined : this.indexes.find(({ by }) => by.field === indexed.field);
    if (name !== undefined && namespace !== undefined) {
      const entry = this.get(namespace, name);
      if (entry !== undefined) yield entry;
    } else if (index !== undefined && indexed !== undefined) {
      const found = [...(index.entries.get(indexed.value) ?? [])];
      for (const entry of found.sort(byKey)) if (namespace === undefined || entry.namespace === namespace) yield entry;
    } else if (namespace !== undefined) {
      yield* this.buckets.get(namespace)?.inOrder() ?? [];
    } else if (name !== undefined) {
      for (const each of this.namespacesInOrder()) {
        const entry = this.get(each, name);
        if (entry !== undefined) yield entry;
      }
    } else {
      for (const each of this.namespacesInOrder()) yield* this.buckets.get(each)?.inOrder() ?? [];
    }
  }

  private namespacesInOrder(): readonly string[] {
    // Keys are compared whole, so that a-b/ comes before a/.
    this.orderedNamespaces ??= [...this.buckets.keys()].sort((a, b) => compare(`${a}/`, `${b}/`));
    return this.orderedNamespaces;
  }
}

function mergeByName(left: readonly Entry[], right: readonly Entry[]): Entry[] {
  if (left.length === 0) return [...right];
  if (right.length === 0) return [...left];
  const merged: Entry[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const a = left[i] as Entry;
    const b = right[j] as Entry;
    if (a.name < b.name) {
      merged.push(a);
      i++;
    } else {
      merged.push(b);
      j++;
    }
  }
  while (i < left.length) merged.push(left[i++] as Entry);
  while (j < right.length) merged.push(right[j++] as Entry);
  return merged;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: Entry, b: Entry): number => compare(a.name, b.name);
const byKey = (a: Entry, b: Entry): number => compare(a.key, b.key);

function addToSet(sets: Map<string, Set<Entry>>, value: string, entry: Entry): void {
  const set = sets.get(value);
  if (set === undefined) sets.set(value, new Set([entry]));
  else set.add(entry);
}

function removeFromSet(sets: Map<string, Set<Entry>>, value: string, entry: Entry): void {
  const set = sets.get(value);
  if (set === undefined) return;
  set.delete(entry);
  if (set.size === 0) sets.delete(value);
}
