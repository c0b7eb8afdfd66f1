import type { KubernetesObject } from '../../api/index.ts';

/** Which objects of a resource somebody wants. The first three let a cache find them, and their watchers, without looking at the others. */
export interface Selection {
  /** undefined: all namespaces; '': the resource has none. */
  readonly namespace?: string;
  /** From the path, or from fieldSelector metadata.name=…; matches checks the rest. */
  readonly name?: string;
  /** A field that the cache indexes, e.g. spec.nodeName of pods. */
  readonly indexed?: { readonly field: string; readonly value: string };
  /** Everything that namespace does not say; undefined: all objects. */
  readonly matches?: (object: KubernetesObject) => boolean;
}

/** A field of a resource by which its cache is indexed. */
export interface IndexedField {
  readonly field: string;
  readonly value: (object: KubernetesObject) => string;
}
