import { jsonEqual } from '../../../base/index.ts';
import { type KubernetesObject, newStatusError } from '../../meta.ts';
import { ANNOTATION_LAST_APPLIED } from '../../labels.ts';
import { zeroObject } from '../../schema/decode.ts';
import { checkPatchDepth } from '../depth.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { changedFields, compareObjects } from './compare.ts';
import { type Conflict, newApplyConflict } from './conflict.ts';
import { difference, type FieldSet, intersection, isEmptySet, recursiveDifference, union } from './field-set.ts';
import { decodeManagers, encodeManagers, entryTime, type Manager, managerId, type Managers } from './managed-fields.ts';
import { mergeApplied, removeFields } from './merge.ts';
import { problemsOf, setOf, withNamedFields } from './set-of.ts';
import { defaultResetFields, strippedSet, stripSet } from './stripped.ts';
import { type TrackOptions, updateManagers, withManagedFields, withoutFields } from './track-update.ts';

export interface ApplyOptions extends TrackOptions {
  /** Takes over fields that others own. */
  readonly force: boolean;
}

/** Owner of what was there before anybody applied. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
/** kubectl's server-side apply takes over from its client-side apply without conflicts. */
const KUBECTL = 'kubectl';

/**
 * Server-side apply: the live object (undefined: there is none yet) with the configuration laid over it, without the
 * fields that this manager applied before and nobody owns now, and with its managedFields. What does not change is
 * shared; where nothing does, live itself comes back. Throws 409 Conflict where others own what the configuration
 * changes and force is not set. Kubernetes: fieldmanager over structured-merge-diff, Updater.Apply.
 */
export function applyServerSide(live: KubernetesObject | undefined, applied: unknown, options: ApplyOptions): KubernetesObject {
  const config = checkApplied(applied, options);
  const { schema, force, manager: name, nowMs } = options;
  const subresource = options.subresource ?? '';
  const stripped = strippedSet(options.resetFields ?? defaultResetFields(subresource));

  const managers = managersBefore(live, options);
  const claimed = setOf(config, schema);
  const own: Manager = {
    name, operation: 'Apply', apiVersion: options.apiVersion, subresource, time: entryTime(nowMs), fields: stripSet(claimed, stripped),
  };
  const ownId = managerId(own);
  const last = managers.get(ownId);

  const base = live === undefined ? undefined : withManagedFields(live, undefined);
  const merged = mergeApplied(base, config, schema);
  const pruned = last === undefined ? merged : removeFields(merged, fieldsToRemove(last.fields, claimed, [...managers.values()].filter((other) => other !== last), options), schema);

  const comparison = compareObjects(base ?? zeroObject(schema), pruned, schema);
  const changed = recursiveDifference(changedFields(comparison), stripped);
  const conflicts = conflictsWith(managers, ownId, changed);
  if (conflicts.length > 0 && !force && !causedByClientSideApply(conflicts, live, options)) throw newApplyConflict(conflicts);

  const next = new Map<string, Manager>();
  for (const [id, other] of managers) if (id !== ownId) next.set(id, { ...other, fields: withoutFields(withoutFields(other.fields, changed), comparison.removed) });
  const unchanged = live !== undefined && pruned === base;
  // An apply that changes neither the object nor who owns what leaves its time alone, so that nothing is written.
  next.set(ownId, unchanged && last !== undefined && isEmptySet(difference(last.fields, own.fields)) && isEmptySet(difference(own.fields, last.fields)) ? last : own);

  const before = live?.metadata.managedFields;
  const managedFields = encodeManagers(next, before);
  if (unchanged && managedFields === before) return live;
  const result = withManagedFields(pruned as KubernetesObject, managedFields);
  return name === KUBECTL && live !== undefined && lastApplied(live) !== undefined ? withLastApplied(result, config) : result;
}

function checkApplied(applied: unknown, options: ApplyOptions): JsonObject {
  if (!isJsonObject(applied)) throw newStatusError(400, 'BadRequest', 'error decoding YAML: the configuration is no object');
  checkPatchDepth(applied);
  const metadata = isJsonObject(applied['metadata']) ? applied['metadata'] : {};
  if (metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) throw newStatusError(400, 'BadRequest', 'metadata.managedFields must be nil');
  const problems = problemsOf(applied, options.schema);
  if (problems.length > 0) {
    const version = textOr(applied['apiVersion'], options.apiVersion);
    const kind = `${version.includes('/') ? version : `/${version}`}, Kind=${textOr(applied['kind'], options.schema.shortName)}`;
    const id = `${textOr(metadata['namespace'], '')}/${textOr(metadata['name'], '')}; ${kind}`;
    const text = problems.length === 1 ? problems[0] : `errors:\n${problems.map((problem) => `  ${problem}`).join('\n')}`;
    // Upstream gives this error no reason.
    throw newStatusError(500, '', `failed to create typed patch object (${id}): ${text}`);
  }
  return isJsonObject(applied['metadata']) ? applied : { ...applied, metadata: {} };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function managersBefore(live: KubernetesObject | undefined, options: ApplyOptions): Managers {
  if (live === undefined) return new Map();
  const managers: Managers = decodeManagers(live.metadata.managedFields) ?? new Map<string, Manager>();
  if (managers.size > 0) return managers;
  return updateManagers(undefined, live, managers, { ...options, manager: BEFORE_FIRST_APPLY, subresource: '', resetFields: [] }) ?? managers;
}

/** What this manager applied before, less what it claims or others own now. A struct stays as long as somebody owns something in it. */
function fieldsToRemove(last: FieldSet, claimed: FieldSet, others: readonly Manager[], { schema }: ApplyOptions): FieldSet {
  let owned = claimed; // with metadata.name, which keeps metadata, though nobody owns it
  for (const manager of others) owned = union(owned, manager.fields);
  return difference(withNamedFields(last, schema), withNamedFields(owned, schema));
}

function conflictsWith(managers: Managers, ownId: string, changed: FieldSet): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  for (const [id, manager] of managers) {
    if (id === ownId) continue;
    const fields = intersection(manager.fields, changed);
    if (!isEmptySet(fields)) conflicts.push({ manager, fields });
  }
  return conflicts;
}

/** Kubernetes: fieldmanager, lastAppliedManager. */
function causedByClientSideApply(conflicts: readonly Conflict[], live: KubernetesObject | undefined, { manager, schema }: ApplyOptions): boolean {
  if (manager !== KUBECTL || live === undefined) return false;
  const text = lastApplied(live);
  if (text === undefined) return false;
  let configuration: unknown;
  try {
    configuration = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isJsonObject(configuration)) return false;
  // Only what the annotation says the live object still is was set by client-side apply.
  const set = setOf(configuration, schema);
  const stale = changedFields(compareObjects(mergeApplied(live, configuration, schema), live, schema));
  const allowed = difference(set, stale);
  return conflicts.every(({ fields }) => isEmptySet(difference(fields, allowed)));
}

function lastApplied(object: KubernetesObject): string | undefined {
  return object.metadata.annotations?.[ANNOTATION_LAST_APPLIED];
}

function withLastApplied(object: KubernetesObject, config: JsonObject): KubernetesObject {
  const text = `${JSON.stringify(config)}\n`;
  if (jsonEqual(lastApplied(object), text)) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [ANNOTATION_LAST_APPLIED]: text } } };
}
