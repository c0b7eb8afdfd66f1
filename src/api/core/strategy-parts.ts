import type { KubernetesObject } from '../meta.ts';

type WithStatus = KubernetesObject & { readonly status?: unknown };

/** All verbs of a stored resource, in discovery's order. */
export const allVerbs: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
/** Verbs of a status subresource and of scale. */
export const subresourceVerbs: readonly string[] = ['get', 'patch', 'update'];

/** The object without a status: what clients may create. */
export function withoutStatus<T extends WithStatus>(object: T): T {
  if (object.status === undefined) return object;
  const { status: _status, ...rest } = object;
  return rest as T;
}

/** next with the status of old: what a write to the main resource may change. */
export function withStatusOf<T extends WithStatus>(next: T, old: T): T {
  if (next.status === old.status) return next;
  if (old.status === undefined) return withoutStatus(next);
  return { ...next, status: old.status };
}

/** next with the spec of old: what a write to the status subresource may change. */
export function withSpecOf<T extends KubernetesObject & { readonly spec?: unknown }>(next: T, old: T): T {
  return next.spec === old.spec ? next : { ...next, spec: old.spec };
}

/** The object with metadata.generation set; undefined takes it away. */
export function withGeneration<T extends KubernetesObject>(object: T, generation: number | undefined): T {
  if (object.metadata.generation === generation) return object;
  if (generation !== undefined) return { ...object, metadata: { ...object.metadata, generation } };
  const { generation: _generation, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** next with old's generation, one higher where the intent has changed. */
export function bumpGeneration<T extends KubernetesObject>(next: T, old: T, changed: boolean): T {
  return withGeneration(next, changed ? (old.metadata.generation ?? 0) + 1 : old.metadata.generation);
}

/** True for a new object, and for one whose intent has changed. */
export function hasNewGeneration(next: KubernetesObject, old: KubernetesObject | undefined): boolean {
  return old === undefined || next.metadata.generation !== old.metadata.generation;
}

/** An object with its metadata's labels replaced. */
export function withLabels<T extends KubernetesObject>(object: T, labels: Readonly<Record<string, string>> | undefined): T {
  if (object.metadata.labels === labels) return object;
  if (labels !== undefined) return { ...object, metadata: { ...object.metadata, labels } };
  const { labels: _labels, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Maps a list, giving back the very same list where no item changed. */
export function mapShared<T>(items: readonly T[], map: (item: T, index: number) => T): readonly T[] {
  let result: T[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index] as T;
    const mapped = map(item, index);
    if (result === undefined && mapped !== item) result = items.slice(0, index);
    if (result !== undefined) result.push(mapped);
  }
  return result ?? items;
}

/** An object with one annotation set. */
export function withAnnotation<T extends KubernetesObject>(object: T, name: string, value: string): T {
  if (object.metadata.annotations?.[name] === value) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [name]: value } } };
}
