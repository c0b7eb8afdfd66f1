import { formatTime, generateName, type KubernetesObject, newInvalidError, newStatusError, type ObjectMeta } from '../../api/index.ts';
import { newAlreadyExists } from '../errors.ts';
import { checkNamespace, objectFromBody } from './body.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';
import { admissionAttributes } from './admit.ts';
import { commit, putOperation } from './commit.ts';
import { isApply, noteCreate } from './field-management.ts';
import { deepFreeze } from '../../base/index.ts';
import { checkSize } from './size.ts';

/** How often a generated name may be taken. Kubernetes: rest.maxNameGenerationCreateAttempts. */
const GENERATED_NAME_ATTEMPTS = 8;

/** Creates an object from a request's body. Kubernetes: apiserver/pkg/registry/generic/registry, Store.Create. */
export function createObject(deps: RegistryDeps, call: Call): Promise<KubernetesObject> {
  const body = objectFromBody(call, call.request.body);
  checkNamespace(call, body);
  return createPrepared(deps, call, prepareForCreate(deps, call, body), body.metadata.name ? 1 : GENERATED_NAME_ATTEMPTS);
}

/** Creates what a PUT or an apply has found missing. */
export function createNamed(deps: RegistryDeps, call: Call, body: KubernetesObject, name: string): Promise<KubernetesObject> {
  checkNamespace(call, body);
  deps.authorizeCreate(call, name);
  return createPrepared(deps, call, prepareForCreate(deps, call, { ...body, metadata: { ...body.metadata, name } }), 1);
}

function prepareForCreate(deps: RegistryDeps, call: Call, body: KubernetesObject): KubernetesObject {
  if (call.untrusted) checkSize(body);
  const { endpoint } = call;
  const { strategy } = endpoint.definition;
  if (body.metadata.resourceVersion !== undefined && body.metadata.resourceVersion !== '') {
    throw newStatusError(500, '', 'resourceVersion should not be set on objects to be created');
  }
  let object: KubernetesObject = { ...body, metadata: metadataForCreate(deps, call, body.metadata) };
  // What admission adds (a default service account, tolerations) is nobody's.
  object = noteCreate(deps, call, strategy.defaults(object));
  const steps = deps.admission.stepsFor(endpoint.definition, 'CREATE', undefined);
  if (steps.admit.length > 0) {
    const attributes = admissionAttributes(call, 'CREATE', body.metadata.name ?? '');
    for (const admit of steps.admit) object = admit(attributes, object, undefined);
  }
  return strategy.prepareForCreate(object);
}

/** Whatever clients may not set is set, or taken away, here. */
function metadataForCreate(deps: RegistryDeps, call: Call, given: ObjectMeta): ObjectMeta {
  const {
    resourceVersion: _resourceVersion, selfLink: _selfLink, deletionTimestamp: _deletionTimestamp, managedFields,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds, generation: _generation, namespace: _namespace, ...kept
  } = given;
  const metadata = kept as { -readonly [Key in keyof ObjectMeta]: ObjectMeta[Key] };
  if (call.endpoint.definition.namespaced) metadata.namespace = call.namespace;
  if (managedFields !== undefined && isApply(call)) metadata.managedFields = managedFields;
  if ((metadata.name ?? '') === '' && metadata.generateName !== undefined && metadata.generateName !== '') {
    metadata.name = generateName(metadata.generateName, deps.random.next);
  }
  metadata.uid = deps.random.uuid();
  metadata.creationTimestamp = formatTime(deps.clock.nowMs());
  return metadata;
}

function createPrepared(deps: RegistryDeps, call: Call, prepared: KubernetesObject, attempts: number): Promise<KubernetesObject> {
  const { endpoint } = call;
  const { definition, cache } = endpoint;
  const hook = deps.hooks.get(cache.prefix);
  const hooked = hook?.create(prepared, call);
  let object = hooked === undefined ? prepared : hooked.object;
  const settled = hooked?.settled;
  try {
    const errors = definition.strategy.validateCreate(object);
    if (errors.length > 0) throw newInvalidError(definition.group, definition.kind, object.metadata.name ?? '', errors);
    for (const text of call.untrusted ? definition.strategy.warnings?.(object) ?? [] : []) warn(call, text);
    const steps = deps.admission.stepsFor(definition, 'CREATE', undefined);
    if (steps.validate.length > 0) {
      const attributes = admissionAttributes(call, 'CREATE', object.metadata.name);
      for (const validate of steps.validate) validate(attributes, object, undefined);
    }
    if (endpoint.conversion !== undefined) object = endpoint.conversion.toStored(object);
    const { name } = object.metadata;
    if (cache.objects.get(call.namespace, name) !== undefined && deps.watchCache.isFresh()) return retryOrRefuse(deps, call, prepared, attempts, settled);
    call.code = 201;
    if (call.dryRun) {
      settled?.();
      return Promise.resolve(deepFreeze(object));
    }
    const key = cache.keyOf(call.namespace, name);
    return commit(deps.store, key, 0, putOperation(key, object)).then(
      (result) => {
        if (!result.done) return retryOrRefuse(deps, call, prepared, attempts, settled);
        settled?.();
        return result.object as KubernetesObject;
      },
      (error: unknown) => {
        settled?.();
        throw error;
      },
    );
  } catch (error) {
    settled?.();
    throw error;
  }
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
