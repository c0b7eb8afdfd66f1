import { canonicalTime, formatTime, parseTime } from '../../time.ts';
import type { ManagedFieldsEntry } from '../../types.ts';
import { decodeFieldSet } from './decode-field-set.ts';
import { equalSets, type FieldSet, isEmptySet, sortSet, union } from './field-set.ts';

/** One entry of managedFields. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** The managers of an object, by identity. */
export type Managers = ReadonlyMap<string, Manager>;

/** Update entries beyond this are joined into one, named ancient-changes. Kubernetes: fieldmanager, DefaultMaxUpdateManagers. */
const UPDATE_MANAGERS_MAX = 10;
const ANCIENT_CHANGES = 'ancient-changes';

/** What tells managers apart; an applier is the same one whatever version it applies. Kubernetes: BuildManagerIdentifier. */
export function managerId(manager: Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>): string {
  return JSON.stringify([manager.name, manager.operation, manager.operation === 'Apply' ? '' : manager.apiVersion, manager.subresource]);
}

/** Reads managedFields; undefined where an entry makes no sense. Kubernetes: fieldmanager, DecodeManagedFields. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  const managers = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    if ((entry.operation !== 'Apply' && entry.operation !== 'Update') || !entry.apiVersion || entry.fieldsType !== 'FieldsV1') return undefined;
    const fields = decodeFieldSet(entry.fieldsV1 ?? {});
    if (fields === undefined) return undefined;
    const manager: Manager = {
      name: entry.manager ?? '', operation: entry.operation, apiVersion: entry.apiVersion, subresource: entry.subresource ?? '',
      time: entry.time === undefined ? undefined : canonicalTime(entry.time, 'time'), fields,
    };
    managers.set(managerId(manager), manager);
  }
  return managers;
}

/**
 * Writes managedFields, sorted as upstream does: Apply before Update, then by time, name, version and subresource. Entries
 * without fields are left out. The same list as before where nothing changed.
 */
export function encodeManagers(managers: Managers, before: readonly ManagedFieldsEntry[] | undefined): readonly ManagedFieldsEntry[] | undefined {
  const old = decodeManagers(before) ?? new Map<string, Manager>();
  const kept = capUpdateManagers([...managers.values()].filter((manager) => !isEmptySet(manager.fields)));
  const same = kept.length === (before?.length ?? 0) && kept.every((manager) => {
    const was = old.get(managerId(manager));
    return was !== undefined && was.time === manager.time && was.apiVersion === manager.apiVersion && (was.fields === manager.fields || equalSets(was.fields, manager.fields));
  });
  if (same) return before;
  if (kept.length === 0) return undefined;
  return kept.sort(compareManagers).map((manager) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sortSet(manager.fields),
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return compareText(a.operation, b.operation) || timeOf(a) - timeOf(b) || compareText(a.name, b.name)
    || compareText(a.apiVersion, b.apiVersion) || compareText(a.subresource, b.subresource);
}

function timeOf(manager: Manager): number {
  return manager.time === undefined ? 0 : parseTime(manager.time);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function capUpdateManagers(managers: readonly Manager[]): Manager[] {
  const updates = managers.filter(({ operation }) => operation === 'Update').sort(compareManagers);
  if (updates.length <= UPDATE_MANAGERS_MAX) return [...managers];
  const kept = managers.filter(({ operation }) => operation === 'Apply');
  const ancient = new Map<string, Manager>();
  let count = updates.length;
  for (const manager of updates) {
    if (count + ancient.size <= UPDATE_MANAGERS_MAX || manager.subresource !== '') {
      kept.push(manager);
      continue;
    }
    count--;
    const joined = ancient.get(manager.apiVersion);
    ancient.set(manager.apiVersion, { ...manager, name: ANCIENT_CHANGES, fields: joined === undefined ? manager.fields : union(joined.fields, manager.fields) });
  }
  return [...kept, ...ancient.values()];
}

/** The time of an entry that is written now. */
export function entryTime(nowMs: number): string {
  return formatTime(nowMs);
}
