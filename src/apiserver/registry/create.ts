import { formatTime, generateName, type KubernetesObject, newInvalidError, newStatusError, type ObjectMeta } from '../../api/index.ts';
import { newAlreadyExists, newForbidden } from '../errors.ts';
import { checkNamespace, objectFromBody } from './body.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';
import { admitted, validated } from './admit.ts';
import { commit, noteStored, putOperation } from './commit.ts';
import { present } from './endpoint.ts';
import { isApply, noteCreate } from './field-management.ts';
import { deepFreeze } from '../../base/index.ts';
import { checkSize } from './size.ts';

/** How often a generated name may be taken. Kubernetes: rest.maxNameGenerationCreateAttempts. */
const GENERATED_NAME_ATTEMPTS = 8;

/** Creates an object from a request's body. Kubernetes: apiserver/pkg/registry/generic/registry, Store.Create. */
export function createObject(deps: RegistryDeps, call: Call): Promise<KubernetesObject> {
  const body = objectFromBody(call, call.request.body);
  checkNamespace(call, body);
  return createAdmitted(deps, call, body, body.metadata.name ? 1 : GENERATED_NAME_ATTEMPTS);
}

/** Creates what a PUT or an apply has found missing. */
export function createNamed(deps: RegistryDeps, call: Call, body: KubernetesObject, name: string): Promise<KubernetesObject> {
  checkNamespace(call, body);
  deps.authorizeCreate(call, name);
  return createAdmitted(deps, call, { ...body, metadata: { ...body.metadata, name } }, 1);
}

function createAdmitted(deps: RegistryDeps, call: Call, body: KubernetesObject, attempts: number): Promise<KubernetesObject> {
  const { strategy } = call.endpoint.definition;
  const whole = completed(deps, call, body);
  const object = admitted(deps, call, 'CREATE', whole.metadata.name ?? '', whole, undefined);
  if (object instanceof Promise) {
    return object.then((late) => {
      checkNamespace(call, late);
      if (late !== whole) checkSize(late);
      return createPrepared(deps, call, strategy.prepareForCreate(withIdentity(deps, late)), attempts);
    });
  }
  return createPrepared(deps, call, strategy.prepareForCreate(withIdentity(deps, object)), attempts);
}

/** The body with all that the server and the kind's defaults add, as admission gets to see it. */
function completed(deps: RegistryDeps, call: Call, body: KubernetesObject): KubernetesObject {
  if (call.untrusted) checkSize(body);
  const { endpoint } = call;
  const { strategy, custom } = endpoint.definition;
  if (custom?.terminating === true) throw newForbidden(endpoint.definition, body.metadata.name ?? '', 'create not allowed while custom resource definition is terminating');
  // An update or an apply that creates says what it has seen, and nobody minds.
  if (call.request.verb === 'create' && body.metadata.resourceVersion !== undefined && body.metadata.resourceVersion !== '') {
    throw newStatusError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  // What admission adds (a default service account, tolerations) is nobody's.
  return noteCreate(deps, call, strategy.defaults({ ...body, metadata: metadataForCreate(call, body.metadata) }));
}

/** Takes away what clients may not set. */
function metadataForCreate(call: Call, given: ObjectMeta): ObjectMeta {
  const {
    resourceVersion: _resourceVersion, selfLink: _selfLink, deletionTimestamp: _deletionTimestamp, managedFields,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds, generation: _generation, namespace: _namespace, uid: _uid, creationTimestamp: _creationTimestamp, ...kept
  } = given;
  const metadata = kept as { -readonly [Key in keyof ObjectMeta]: ObjectMeta[Key] };
  if (call.endpoint.definition.namespaced) metadata.namespace = call.namespace;
  if (managedFields !== undefined && isApply(call)) metadata.managedFields = managedFields;
  return metadata;
}

/** The object with a name, a uid and a time of birth, none of which those see who may still change it. Kubernetes: rest.BeforeCreate. */
function withIdentity(deps: RegistryDeps, object: KubernetesObject): KubernetesObject {
  const isOurs = !Object.isFrozen(object.metadata);
  const metadata = (isOurs ? object.metadata : { ...object.metadata }) as { -readonly [Key in keyof ObjectMeta]: ObjectMeta[Key] };
  if ((metadata.name ?? '') === '' && metadata.generateName !== undefined && metadata.generateName !== '') {
    metadata.name = generateName(metadata.generateName, deps.random.next);
  }
  metadata.uid = deps.random.uuid();
  metadata.creationTimestamp = formatTime(deps.clock.nowMs());
  return isOurs ? object : { ...object, metadata };
}

function createPrepared(deps: RegistryDeps, call: Call, prepared: KubernetesObject, attempts: number): Promise<KubernetesObject> {
  call.note.mutatedMs = deps.clock.elapsedMs();
  const { definition, cache } = call.endpoint;
  const hooked = deps.hooks.get(cache.prefix)?.create(prepared, call);
  const object = hooked === undefined ? prepared : hooked.object;
  const settled = hooked?.settled;
  const store = () => {
    try {
      return storeCreated(deps, call, prepared, object, attempts, settled);
    } catch (error) {
      settled?.();
      throw error;
    }
  };
  let waiting: Promise<void> | undefined;
  try {
    const errors = definition.strategy.validateCreate(object);
    if (errors.length > 0) throw newInvalidError(definition.group, definition.kind, object.metadata.name ?? '', errors);
    for (const text of call.untrusted ? definition.strategy.warnings?.(object) ?? [] : []) warn(call, text);
    waiting = validated(deps, call, 'CREATE', object.metadata.name, object, undefined);
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

function storeCreated(
  deps: RegistryDeps, call: Call, prepared: KubernetesObject, valid: KubernetesObject, attempts: number, settled: (() => void) | undefined,
): Promise<KubernetesObject> {
  const { conversion } = call.endpoint;
  call.note.validatedMs = deps.clock.elapsedMs();
  if (conversion?.remote === undefined) return commitCreated(deps, call, prepared, conversion === undefined ? valid : conversion.toStored(valid), attempts, settled);
  if (call.dryRun) {
    settled?.();
    return Promise.resolve(deepFreeze(valid));
  }
  return conversion.remote.toStored(valid).then((object) => commitCreated(deps, call, prepared, object, attempts, settled), (error: unknown) => {
    settled?.();
    throw error;
  });
}

function commitCreated(
  deps: RegistryDeps, call: Call, prepared: KubernetesObject, object: KubernetesObject, attempts: number, settled: (() => void) | undefined,
): Promise<KubernetesObject> {
  const { cache } = call.endpoint;
  const { name } = object.metadata;
  if (cache.objects.get(call.namespace, name) !== undefined && deps.watchCache.isFresh()) return retryOrRefuse(deps, call, prepared, attempts, settled);
  call.code = 201;
  if (call.dryRun) {
    settled?.();
    return Promise.resolve(present(call.endpoint, deepFreeze(object)));
  }
  const key = cache.keyOf(call.namespace, name);
  return commit(deps.store, key, 0, putOperation(key, object), call.deadline).then(
    (result) => {
      if (!result.done) return retryOrRefuse(deps, call, prepared, attempts, settled);
      noteStored(deps, call, name, result.revision);
      settled?.();
      return present(call.endpoint, result.object as KubernetesObject);
    },
    (error: unknown) => {
      settled?.();
      throw error;
    },
  );
}

/** A generated name that is taken is generated again; any other is refused. */
function retryOrRefuse(
  deps: RegistryDeps, call: Call, prepared: KubernetesObject, attempts: number, settled: (() => void) | undefined,
): Promise<KubernetesObject> {
  settled?.();
  const { metadata } = prepared;
  if (attempts <= 1) return Promise.reject(newAlreadyExists(call.endpoint.definition, metadata.name));
  const name = generateName(metadata.generateName ?? '', deps.random.next);
  return createPrepared(deps, call, { ...prepared, metadata: { ...metadata, name } }, attempts - 1);
}
