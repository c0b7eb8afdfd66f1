import { deepFreeze } from '../../base/index.ts';
import {
  type CustomResourceDefinition, DecodeError, decodeStrict, type DeleteOptions, formatTime, type KubernetesList, type KubernetesObject, hasReason, type ObjectMeta, parseTime, type Pod, type Status, terminating, type FieldError, invalid, newInvalidError, notSupported, schemaOf, type StatusError,
} from '../../api/index.ts';
import { newBadRequest, newConflict, newNotFound } from '../errors.ts';
import { objectOf } from '../watchcache/index.ts';
import { admitted, validated } from './admit.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';
import { commit, deleteOperation, noteStored, putOperation } from './commit.ts';
import { present } from './endpoint.ts';
import { listNow } from './list.ts';
import { compileSelection } from './selectors.ts';
import type { Existing } from './update.ts';

/** Kubernetes: corev1.DefaultTerminationGracePeriodSeconds. */
const DEFAULT_GRACE_SECONDS = 30;
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
/** Resources whose deletion answers the object and not a Status. Kubernetes: ReturnDeletedObject in pkg/registry. */
const ANSWERS_OBJECT: ReadonlySet<string> = new Set([
  'pods', 'podtemplates', 'services', 'serviceaccounts', 'resourcequotas', 'persistentvolumes', 'persistentvolumeclaims',
  'storageclasses', 'csidrivers', 'csinodes', 'volumeattachments',
]);

/** DELETE of one object. Resolves with the object, or with a Status where it is gone. Kubernetes: Store.Delete. */
export function deleteObject(deps: RegistryDeps, call: Call, name: string): Promise<KubernetesObject | Status> {
  const options = deleteOptions(call);
  const existing = call.endpoint.cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(call.endpoint.definition, name);
  return deleteExisting(deps, withDryRun(call, options), existing, withDefaultPolicy(call, options));
}

/** Whose dependents outlive them where nobody says otherwise. Kubernetes: DefaultGarbageCollectionPolicy. */
const ORPHANS_BY_DEFAULT: ReadonlySet<string> = new Set(['jobs', 'replicationcontrollers']);

/** Components in this process say what they mean. */
function withDefaultPolicy(call: Call, options: DeleteOptions): DeleteOptions {
  const { resource } = call.endpoint.definition;
  if (!call.untrusted || !ORPHANS_BY_DEFAULT.has(resource) || options.propagationPolicy !== undefined || options.orphanDependents !== undefined) return options;
  if (resource === 'jobs') {
    warn(call, 'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning');
  }
  return { ...options, propagationPolicy: 'Orphan' };
}

/** DeleteOptions say by themselves whether it is meant. */
function withDryRun(call: Call, options: DeleteOptions): Call {
  return call.dryRun || (options.dryRun ?? []).length === 0 ? call : Object.assign(call, { dryRun: true });
}

/** DELETE of what a selector finds; resolves with the list of what was there. */
export async function deleteCollection(deps: RegistryDeps, call: Call): Promise<KubernetesList> {
  const options = deleteOptions(call);
  const own = withDryRun(call, options);
  const selection = compileSelection(call.endpoint, call.namespace, undefined, call.query);
  const list = listNow(deps, call, selection, 0);
  await Promise.all(list.items.map(async (item) => {
    const namespace = item.metadata.namespace ?? '';
    const existing = call.endpoint.cache.objects.get(namespace, item.metadata.name);
    if (existing === undefined) return;
    try {
      await deleteExisting(deps, { ...own, namespace }, existing, options);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }));
  return list;
}

/** The verdict on a deletion: the state to write, or what goes. */
type Deletion =
  | { readonly type: 'remove'; readonly last: KubernetesObject }
  | { readonly type: 'mark'; readonly next: KubernetesObject }
  /** It is on its way already, and the request does not change that. */
  | { readonly type: 'pending' };

/** Deletes an object whose state is known; on a race, the state that won is looked at. An eviction was admitted as such. */
export async function deleteExisting(
  deps: RegistryDeps, call: Call, existing: Existing, options: DeleteOptions, asksAdmission = true,
): Promise<KubernetesObject | Status> {
  const { endpoint } = call;
  let current = existing;
  for (;;) {
    const { object } = current;
    const { name } = object.metadata;
    const key = endpoint.cache.keyOf(call.namespace, name);
    checkPreconditions(call, object, options);
    const waiting = asksAdmission ? admitDeletion(deps, call, object) : undefined;
    if (waiting !== undefined) await waiting;
    const deletion = decide(call, object, options, deps.clock.nowMs());
    if (deletion.type === 'pending') return present(endpoint, object);
    const next = deletion.type === 'mark' ? deletion.next : deletion.last;
    if (call.dryRun) return deletion.type === 'mark' ? present(endpoint, deepFreeze(next)) : answer(call, object);
    call.note.validatedMs = deps.clock.elapsedMs();
    const operation = deletion.type === 'mark' ? putOperation(key, next) : deleteOperation(key, next);
    const result = await commit(deps.store, key, current.modRevision, operation, call.deadline);
    if (result.done) {
      noteStored(deps, call, name, result.revision);
      if (deletion.type === 'mark') return present(endpoint, result.object as KubernetesObject);
      return answer(call, deepFreeze({ ...next, metadata: { ...next.metadata, resourceVersion: String(result.revision) } }));
    }
    if (result.current === undefined) throw newNotFound(endpoint.definition, name);
    current = { object: objectOf(result.current), modRevision: result.current.modRevision };
  }
}

/** Asks the plugins. On DELETE there is no new object: what goes is the old one. */
function admitDeletion(deps: RegistryDeps, call: Call, object: KubernetesObject): Promise<void> | undefined {
  const { name } = object.metadata;
  const pending = admitted(deps, call, 'DELETE', name, object, object);
  if (pending instanceof Promise) return pending.then(() => validated(deps, call, 'DELETE', name, object, object));
  return validated(deps, call, 'DELETE', name, object, object);
}

function answer(call: Call, object: KubernetesObject): KubernetesObject | Status {
  const { group, resource } = call.endpoint.definition;
  if (ANSWERS_OBJECT.has(resource)) return present(call.endpoint, object);
  const { name, uid } = object.metadata;
  return {
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  };
}

function deleteOptions({ request: { body }, untrusted }: Call): DeleteOptions {
  if (body === undefined || body === null) return {};
  const options = untrusted ? typedOptions(body) : body as DeleteOptions;
  if (options.orphanDependents !== undefined && options.propagationPolicy !== undefined) {
    throw refused(invalid('propagationPolicy', options.propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  const policy = options.propagationPolicy;
  if (policy !== undefined && policy !== 'Orphan' && policy !== 'Background' && policy !== 'Foreground') {
    throw refused(notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']));
  }
  return options;
}

/** A body as options; 400 where it is something else. */
function typedOptions(body: object | string | number | boolean): DeleteOptions {
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = body as { readonly kind?: unknown; readonly apiVersion?: unknown };
  if (kind !== 'DeleteOptions' && kind !== '' && kind !== null) {
    throw newBadRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`);
  }
  const schema = schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  try {
    return schema === undefined ? body as DeleteOptions : decodeStrict(body, schema).value as DeleteOptions;
  } catch (error) {
    throw error instanceof DecodeError ? newBadRequest(error.message) : error;
  }
}

/** 422. Kubernetes: metav1/validation, ValidateDeleteOptions. */
function refused(error: FieldError): StatusError {
  return newInvalidError('meta.k8s.io', 'DeleteOptions', '', [error]);
}

function checkPreconditions(call: Call, object: KubernetesObject, options: DeleteOptions): void {
  const { preconditions } = options;
  if (preconditions === undefined) return;
  const { definition } = call.endpoint;
  const { name, uid, resourceVersion } = object.metadata;
  // Upstream names the kind here, and not the resource. Kubernetes: rest.BeforeDelete.
  const kind = { group: definition.group, resource: definition.kind };
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    throw newConflict(kind, name, `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`);
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw newConflict(kind, name, `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`);
  }
}

/** Kubernetes: rest.BeforeDelete and Store.updateForGracefulDeletionAndFinalizers. */
function decide(call: Call, object: KubernetesObject, options: DeleteOptions, nowMs: number): Deletion {
  const { definition } = call.endpoint;
  if (definition.kind === 'Namespace' && definition.group === '') return decideNamespace(object, options, nowMs);
  if (definition.kind === 'CustomResourceDefinition' && definition.group === 'apiextensions.k8s.io' && object.metadata.deletionTimestamp === undefined) {
    return { type: 'mark', next: terminating(object as CustomResourceDefinition, formatTime(nowMs)) };
  }
  const graceful = definition.kind === 'Pod' && definition.group === '' ? podGrace(object as Pod, options) : undefined;
  const { metadata } = object;
  const deleting = metadata.deletionTimestamp !== undefined;
  const graceLeft = metadata.deletionGracePeriodSeconds ?? 0;
  if (deleting && graceful !== undefined && graceLeft > 0) {
    const wanted = options.gracePeriodSeconds;
    // Nobody may lengthen a deletion under way.
    if (wanted === undefined || graceful >= graceLeft) return { type: 'pending' };
    const startMs = parseTime(metadata.deletionTimestamp ?? '') - graceLeft * 1000;
    return shorten(object, options, { deletionTimestamp: formatTime(startMs + graceful * 1000), deletionGracePeriodSeconds: graceful });
  }
  const finalizers = deleting ? metadata.finalizers ?? [] : wantedFinalizers(metadata.finalizers ?? [], options);
  if (!deleting && graceful !== undefined) {
    return shorten(object, options, {
      deletionTimestamp: formatTime(nowMs + graceful * 1000), deletionGracePeriodSeconds: graceful, ...bumped(metadata),
    });
  }
  if (finalizers.length === 0) return { type: 'remove', last: object };
  if (deleting && metadata.deletionGracePeriodSeconds === 0) return { type: 'pending' };
  return {
    type: 'mark',
    next: {
      ...object,
      metadata: {
        ...metadata, finalizers, deletionTimestamp: metadata.deletionTimestamp ?? formatTime(nowMs), deletionGracePeriodSeconds: 0,
        ...(deleting ? {} : bumped(metadata)),
      },
    },
  };
}

/** Marks an object with a (shorter) grace period; with no grace and no finalizers left it goes at once. */
function shorten(object: KubernetesObject, options: DeleteOptions, marks: Partial<ObjectMeta>): Deletion {
  const { metadata } = object;
  const finalizers = metadata.deletionTimestamp === undefined ? wantedFinalizers(metadata.finalizers ?? [], options) : metadata.finalizers ?? [];
  const { finalizers: _finalizers, ...rest } = metadata;
  const next = { ...object, metadata: { ...rest, ...(finalizers.length === 0 ? {} : { finalizers }), ...marks } };
  return marks.deletionGracePeriodSeconds === 0 && finalizers.length === 0 ? { type: 'remove', last: next } : { type: 'mark', next };
}

function bumped(metadata: ObjectMeta): { readonly generation?: number } {
  return metadata.generation === undefined || metadata.generation <= 0 ? {} : { generation: metadata.generation + 1 };
}

/** Seconds that a pod is given to end. Kubernetes: pkg/registry/core/pod, CheckGracefulDelete. */
function podGrace(pod: Pod, options: DeleteOptions): number {
  const wanted = options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') return 0;
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return 0;
  return wanted < 0 ? 1 : wanted;
}

/** Kubernetes: deletionFinalizersForGarbageCollection. */
function wantedFinalizers(finalizers: readonly string[], options: DeleteOptions): readonly string[] {
  const policy = options.propagationPolicy ?? (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background');
  if (policy === undefined) return finalizers;
  const kept = finalizers.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (policy === 'Orphan') return [...kept, ORPHAN];
  return policy === 'Foreground' ? [...kept, FOREGROUND] : kept;
}

/** A namespace stays, Terminating, until the namespace controller has emptied it. Kubernetes: pkg/registry/core/namespace/storage. */
function decideNamespace(object: KubernetesObject, options: DeleteOptions, nowMs: number): Deletion {
  const namespace = object as KubernetesObject & { readonly spec?: { readonly finalizers?: readonly string[] }; readonly status?: object };
  const { metadata } = namespace;
  if (metadata.deletionTimestamp === undefined) {
    const finalizers = wantedFinalizers(metadata.finalizers ?? [], options);
    const { finalizers: _finalizers, ...rest } = metadata;
    const marked = { ...rest, ...(finalizers.length === 0 ? {} : { finalizers }), deletionTimestamp: formatTime(nowMs), ...bumped(metadata) };
    if (finalizers.length > 0) Object.assign(marked, { deletionGracePeriodSeconds: 0 });
    const next = { ...namespace, metadata: marked, status: { ...namespace.status, phase: 'Terminating' } };
    return (namespace.spec?.finalizers ?? []).length === 0 && finalizers.length === 0 ? { type: 'remove', last: next } : { type: 'mark', next };
  }
  if ((namespace.spec?.finalizers ?? []).length > 0 || (metadata.finalizers ?? []).length > 0) return { type: 'pending' };
  return { type: 'remove', last: object };
}
