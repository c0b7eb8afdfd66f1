import { deepFreeze, jsonEqual } from '../../base/index.ts';
import { type FieldError, invalid, type KubernetesObject, newInvalidError, type ObjectMeta, type ResourceDefinition } from '../../api/index.ts';
import { newConflict, newNotFound, newPreconditionFailed, OPTIMISTIC_LOCK_TEXT } from '../errors.ts';
import { checkName, checkNamespace, objectFromBody } from './body.ts';
import { admitted, validated } from './admit.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';
import { commit, deleteOperation, noteStored, putOperation } from './commit.ts';
import { objectOf } from '../watchcache/index.ts';
import { createNamed } from './create.ts';
import { present } from './endpoint.ts';
import { noteUpdate } from './field-management.ts';
import { checkSize } from './size.ts';

/** Races with other writers that one request survives. Kubernetes: patch.go, MaxRetryWhenPatchConflicts, and GuaranteedUpdate's loop. */
const ATTEMPTS_MAX = 8;

/** Gives the wanted new state for the current one; the very same object: nothing to do. Throws a StatusError to give up. */
export type Transform = (current: KubernetesObject) => KubernetesObject;

/** The rules that a write obeys: the resource's own, those of its status, or those of another subresource. */
export interface UpdateRules {
  prepare(next: KubernetesObject, old: KubernetesObject, clock: RegistryDeps['clock']): KubernetesObject;
  validate(next: KubernetesObject, old: KubernetesObject): readonly FieldError[];
  /** Admission has looked at something else: the Binding or Eviction that a pod is changed for. */
  readonly admissionDone?: true;
}

export interface Existing {
  readonly object: KubernetesObject;
  readonly modRevision: number;
}

/** PUT. Kubernetes: Store.Update. */
export function updateObject(deps: RegistryDeps, call: Call, name: string, rules?: UpdateRules): Promise<KubernetesObject> {
  const body = objectFromBody(call, call.request.body);
  checkName(name, body);
  checkNamespace(call, body);
  const { definition, cache } = call.endpoint;
  const existing = cache.objects.get(call.namespace, name);
  if (existing === undefined) {
    if (!definition.strategy.allowCreateOnUpdate || call.request.subresource !== undefined) throw newNotFound(definition, name);
    return createNamed(deps, call, body, name);
  }
  return guaranteedUpdate(deps, call, name, existing, () => body, rules);
}

const rulesOf = new WeakMap<ResourceDefinition, { readonly main: UpdateRules; readonly status: UpdateRules }>();

/** The rules of a call to the resource itself or to its status. */
function ownRules(call: Call): UpdateRules {
  const { definition } = call.endpoint;
  let rules = rulesOf.get(definition);
  if (rules === undefined) {
    const { strategy } = definition;
    const main: UpdateRules = { prepare: (next, old, clock) => strategy.prepareForUpdate(next, old, clock.nowMs()), validate: (next, old) => strategy.validateUpdate(next, old) };
    const status: UpdateRules = {
      prepare: (next, old, clock) => strategy.prepareForStatusUpdate?.(next, old, clock.nowMs()) ?? next,
      validate: (next, old) => strategy.validateStatusUpdate?.(next, old) ?? [],
    };
    rules = { main, status };
    rulesOf.set(definition, rules);
  }
  return call.request.subresource === 'status' ? rules.status : rules.main;
}

/** The rules of a call to the resource itself, of which admission has seen another form. */
export function rulesAfterAdmission(call: Call): UpdateRules {
  return { ...ownRules(call), admissionDone: true };
}

/**
 * Reads, transforms, checks and writes until nobody else wrote in between. transform gets the object as the call's
 * endpoint serves it; what it gives back goes through the whole of update: identity, defaults, admission, validation.
 */
export function guaranteedUpdate(
  deps: RegistryDeps, call: Call, name: string, existing: Existing, transform: Transform, rules = ownRules(call), attempts = ATTEMPTS_MAX,
): Promise<KubernetesObject> {
  const { endpoint } = call;
  const old = present(endpoint, existing.object);
  const wanted = transform(old);
  if (wanted === old) return Promise.resolve(old);
  // Before all that takes its time over large objects.
  if (call.untrusted) checkSize(wanted);
  const proposed = completed(call, endpoint.cache.keyOf(call.namespace, name), wanted, old);
  const next = rules.admissionDone ? proposed : admitted(deps, call, 'UPDATE', name, proposed, old);
  const update: Update = { name, existing, old, transform, rules, attempts };
  const prepareAndGoOn = (mutated: KubernetesObject) => updatePrepared(deps, call, update, rules.prepare(mutated, old, deps.clock));
  if (!(next instanceof Promise)) return prepareAndGoOn(next);
  return next.then((mutated) => {
    if (mutated !== proposed) checkSize(mutated);
    return prepareAndGoOn(withOwnIdentity(call, mutated, old));
  });
}

/** What others have made of the object in admission, who may not make another one of it. Kubernetes: ValidateObjectMetaAccessorUpdate. */
function withOwnIdentity(call: Call, mutated: KubernetesObject, old: KubernetesObject): KubernetesObject {
  if (mutated.metadata === old.metadata) return mutated;
  checkNamespace(call, mutated);
  const { name, uid, creationTimestamp } = mutated.metadata;
  const errors: FieldError[] = [];
  if (name !== old.metadata.name) errors.push(invalid('metadata.name', name, 'field is immutable'));
  if (uid !== old.metadata.uid) errors.push(invalid('metadata.uid', uid, 'field is immutable'));
  if (creationTimestamp !== old.metadata.creationTimestamp) errors.push(invalid('metadata.creationTimestamp', creationTimestamp, 'field is immutable'));
  const { definition } = call.endpoint;
  if (errors.length > 0) throw newInvalidError(definition.group, definition.kind, name, errors);
  return { ...mutated, metadata: withIdentity(mutated.metadata, old.metadata) };
}

/** One try to change an object. */
interface Update {
  readonly name: string;
  readonly existing: Existing;
  /** existing as the call's endpoint serves it. */
  readonly old: KubernetesObject;
  readonly transform: Transform;
  readonly rules: UpdateRules;
  readonly attempts: number;
}

function updatePrepared(deps: RegistryDeps, call: Call, update: Update, prepared: KubernetesObject): Promise<KubernetesObject> {
  call.note.mutatedMs = deps.clock.elapsedMs();
  const { old, rules } = update;
  const hook = call.request.subresource === undefined ? deps.hooks.get(call.endpoint.cache.prefix) : undefined;
  const hooked = hook?.update(prepared, old, call);
  const next = hooked === undefined ? prepared : hooked.object;
  const settled = hooked?.settled;
  const store = () => {
    try {
      return storeUpdated(deps, call, update, next, settled);
    } catch (error) {
      settled?.();
      throw error;
    }
  };
  let waiting: Promise<void> | undefined;
  try {
    checkValid(call, next, old, rules);
    if (!rules.admissionDone) waiting = validated(deps, call, 'UPDATE', update.name, next, old);
  } catch (error) {
    settled?.();
    throw error;
  }
  if (waiting === undefined) return store();
  return waiting.then(store, (error: unknown) => {
    settled?.();
    throw error;
  });
}

function storeUpdated(deps: RegistryDeps, call: Call, update: Update, valid: KubernetesObject, settled: (() => void) | undefined): Promise<KubernetesObject> {
  const { old } = update;
  const { conversion } = call.endpoint;
  call.note.validatedMs = deps.clock.elapsedMs();
  const next = noteUpdate(deps, call, valid, old);
  const unchanged = jsonEqual(next, old);
  const removes = removesObject(next, old);
  if ((unchanged && !removes) || call.dryRun) {
    settled?.();
    return Promise.resolve(unchanged ? old : deepFreeze(next));
  }
  if (conversion?.remote === undefined) return commitUpdated(deps, call, update, conversion === undefined ? next : conversion.toStored(next), removes, settled);
  return conversion.remote.toStored(next).then((stored) => commitUpdated(deps, call, update, stored, removes, settled), (error: unknown) => {
    settled?.();
    throw error;
  });
}

function commitUpdated(deps: RegistryDeps, call: Call, update: Update, next: KubernetesObject, removes: boolean, settled: (() => void) | undefined): Promise<KubernetesObject> {
  const { name, existing, transform, rules, attempts } = update;
  const { endpoint } = call;
  const key = endpoint.cache.keyOf(call.namespace, name);
  // What goes is what was stored: watchers see the finalizer that was the last.
  const operation = removes ? deleteOperation(key, existing.object) : putOperation(key, next);
  return commit(deps.store, key, existing.modRevision, operation, call.deadline).then(
    (result) => {
      settled?.();
      if (result.done) noteStored(deps, call, name, result.revision);
      if (result.done) return present(endpoint, result.object ?? deepFreeze(next));
      if (result.current === undefined) throw newNotFound(endpoint.definition, name);
      if (attempts <= 1) throw newConflict(endpoint.definition, name, OPTIMISTIC_LOCK_TEXT);
      const current = { object: objectOf(result.current), modRevision: result.current.modRevision };
      return guaranteedUpdate(deps, call, name, current, transform, rules, attempts - 1);
    },
    (error: unknown) => {
      settled?.();
      throw error;
    },
  );
}

/** What the writer wants with all that the server and the kind's defaults add, as admission gets to see it. */
function completed(call: Call, key: string, wanted: KubernetesObject, old: KubernetesObject): KubernetesObject {
  checkPreconditions(call, key, wanted.metadata, old);
  return call.endpoint.definition.strategy.defaults({ ...wanted, metadata: withIdentity(wanted.metadata, old.metadata) });
}

function checkValid(call: Call, next: KubernetesObject, old: KubernetesObject, rules: UpdateRules): void {
  const { definition } = call.endpoint;
  const errors = rules.validate(next, old);
  if (errors.length > 0) throw newInvalidError(definition.group, definition.kind, old.metadata.name, errors);
  if (!call.untrusted) return;
  const { subresource } = call.request;
  const { strategy } = definition;
  const warnings = subresource === undefined ? strategy.warnings?.(next, old) : subresource === 'status' ? strategy.statusWarnings?.(next, old) : undefined;
  if (warnings !== undefined) for (const text of warnings) warn(call, text);
}

function checkPreconditions(call: Call, key: string, wanted: ObjectMeta, old: KubernetesObject): void {
  const { definition } = call.endpoint;
  const { name, uid, resourceVersion } = old.metadata;
  const given = wanted as Partial<ObjectMeta>;
  if (given.uid !== undefined && given.uid !== '' && given.uid !== uid) {
    throw newPreconditionFailed(definition, name, key, `UID in precondition: ${given.uid}, UID in object meta: ${uid}`);
  }
  if (given.resourceVersion === undefined || given.resourceVersion === '') {
    if (definition.strategy.allowUnconditionalUpdate) return;
    throw newInvalidError(definition.group, definition.resource, name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (given.resourceVersion !== resourceVersion) throw newConflict(definition, name, OPTIMISTIC_LOCK_TEXT);
}

/** What a writer wants of the metadata, with the parts that only the server sets. Kubernetes: rest.BeforeUpdate. */
function withIdentity(wanted: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const metadata = { ...wanted } as { -readonly [Key in keyof ObjectMeta]: ObjectMeta[Key] };
  metadata.name = old.name;
  metadata.uid = old.uid;
  metadata.creationTimestamp = old.creationTimestamp;
  metadata.resourceVersion = old.resourceVersion;
  if (old.namespace !== undefined) metadata.namespace = old.namespace;
  else delete metadata.namespace;
  if (old.generation !== undefined) metadata.generation = old.generation;
  else delete metadata.generation;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  else delete metadata.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  else delete metadata.deletionGracePeriodSeconds;
  if (old.generateName !== undefined && metadata.generateName === undefined) metadata.generateName = old.generateName;
  if (old.managedFields !== undefined && metadata.managedFields === undefined) metadata.managedFields = old.managedFields;
  delete metadata.selfLink;
  // Go's omitempty: whoever takes the last entry away leaves nothing behind.
  if (metadata.ownerReferences?.length === 0) delete metadata.ownerReferences;
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  if (isEmpty(metadata.labels)) delete metadata.labels;
  if (isEmpty(metadata.annotations)) delete metadata.annotations;
  return metadata;
}

function isEmpty(map: Readonly<Record<string, string>> | undefined): boolean {
  if (map === undefined) return false;
  for (const _key in map) return false;
  return true;
}

/** True where the last finalizer of an object that is being deleted has gone. Kubernetes: registry.ShouldDeleteDuringUpdate. */
function removesObject(next: KubernetesObject, old: KubernetesObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata;
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) !== 0) return false;
  if ((next.metadata.finalizers ?? []).length > 0) return false;
  const { spec } = next as KubernetesObject & { readonly spec?: { readonly finalizers?: readonly string[] } };
  return next.kind !== 'Namespace' || (spec?.finalizers ?? []).length === 0;
}
