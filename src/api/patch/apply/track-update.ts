import type { KubernetesObject } from '../../meta.ts';
import type { ObjectSchema } from '../../schema/schema.ts';
import { zeroObject } from '../../schema/decode.ts';
import type { ManagedFieldsEntry } from '../../types.ts';
import { changedFields, compareObjects } from './compare.ts';
import { difference, type FieldSet, intersection, isEmptySet, union } from './field-set.ts';
import { decodeManagers, encodeManagers, entryTime, type Manager, managerId, type Managers } from './managed-fields.ts';
import { defaultResetFields, strippedSet, stripSet } from './stripped.ts';

export interface TrackOptions {
  readonly schema: ObjectSchema;
  /** The field manager: the fieldManager parameter, or the user agent up to the first slash. */
  readonly manager: string;
  readonly apiVersion: string;
  /** '' or absent for the object itself. */
  readonly subresource?: string;
  readonly nowMs: number;
  /** Paths that the write does not change; by default ['status'], or ['spec'] for the status subresource. */
  readonly resetFields?: readonly (readonly string[])[];
}

/**
 * The object with its managedFields brought up to date after a create (before is undefined), update or patch: who wrote
 * owns what changed. The cost is that of the difference. Kubernetes: fieldmanager, Update.
 */
export function trackUpdate<T extends KubernetesObject>(before: T | undefined, next: T, options: TrackOptions): T {
  const live = before?.metadata.managedFields;
  const requested = next.metadata.managedFields;
  if (isReset(requested)) return withManagedFields(next, undefined);
  // A client may write managedFields itself, but not through a subresource, and nothing that makes no sense.
  const written = (options.subresource ?? '') === '' && requested !== undefined && requested.length > 0 ? decodeManagers(requested) : undefined;
  const given = written === undefined ? live : requested;
  const managers = updateManagers(before, next, written ?? decodeManagers(live) ?? NO_MANAGERS, options);
  return withManagedFields(next, managers === undefined ? given : encodeManagers(managers, given));
}

const NO_MANAGERS: Managers = new Map();

/** `managedFields: [{}]` is how a client asks to forget them. */
function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === 1 && entries[0] !== undefined && Object.keys(entries[0]).length === 0;
}

/** The managers after a write that is no apply; undefined where it changed nothing that is owned. */
export function updateManagers(before: KubernetesObject | undefined, next: KubernetesObject, managers: Managers, options: TrackOptions): Managers | undefined {
  const stripped = strippedSet(options.resetFields ?? defaultResetFields(options.subresource ?? ''));
  const comparison = compareObjects(before ?? zeroObject(options.schema), next, options.schema);
  const changed = stripSet(changedFields(comparison), stripped);
  const removed = stripSet(comparison.removed, stripped);
  if (isEmptySet(changed) && isEmptySet(removed)) return undefined;

  const result = new Map<string, Manager>();
  for (const [id, manager] of managers) result.set(id, { ...manager, fields: withoutFields(withoutFields(manager.fields, changed), removed) });
  const own: Manager = {
    name: options.manager, operation: 'Update', apiVersion: options.apiVersion, subresource: options.subresource ?? '', time: entryTime(options.nowMs), fields: changed,
  };
  const id = managerId(own);
  const previous = result.get(id);
  if (!isEmptySet(changed)) result.set(id, previous === undefined ? own : { ...own, fields: union(previous.fields, changed) });
  return result;
}

/** The same set where nothing goes. */
export function withoutFields(fields: FieldSet, lost: FieldSet): FieldSet {
  return isEmptySet(intersection(fields, lost)) ? fields : difference(fields, lost);
}

/** The object with other managedFields; the same object where they are the same. */
export function withManagedFields<T extends KubernetesObject>(object: T, managedFields: readonly ManagedFieldsEntry[] | undefined): T {
  if (object.metadata.managedFields === managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
}
