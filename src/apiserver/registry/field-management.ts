import { applyServerSide, invalid, type KubernetesObject, newInvalidError, required, trackUpdate } from '../../api/index.ts';
import { newConflict } from '../errors.ts';
import type { Call, RegistryDeps } from './call.ts';
import { newUnsupportedPatch } from './patch-body.ts';

const APPLY_PATCH = 'application/apply-patch+yaml';

/** A new object with managedFields for its writer. Who names no field manager, as in-process components do, leaves no trace. */
export function noteCreate(deps: RegistryDeps, call: Call, object: KubernetesObject): KubernetesObject {
  const { schema } = call.endpoint;
  const { fieldManager } = call.query;
  if (fieldManager === undefined || schema === undefined || isApply(call)) return object;
  return trackUpdate(undefined, object, options(deps, call, schema, fieldManager));
}

/**
 * The new state with managedFields for its writer. An object that somebody's fields are noted of is looked after whoever
 * writes to it, but for status: nobody applies that, and components write it all the time.
 */
export function noteUpdate(deps: RegistryDeps, call: Call, next: KubernetesObject, old: KubernetesObject): KubernetesObject {
  const { schema } = call.endpoint;
  // Upstream's storage binds a pod by itself, without its update.
  if (schema === undefined || isApply(call) || call.request.subresource === 'binding') return next;
  const { fieldManager } = call.query;
  if (fieldManager === undefined && (old.metadata.managedFields === undefined || call.request.subresource === 'status')) return next;
  return trackUpdate(old, next, options(deps, call, schema, fieldManager ?? managerOf(call)));
}

/** The live object with an applied configuration; undefined live: a new object. Kubernetes: handlers/patch.go, applyPatcher. */
export function applied(deps: RegistryDeps, call: Call, live: KubernetesObject | undefined): KubernetesObject {
  const { schema, definition } = call.endpoint;
  const { fieldManager, force } = call.query;
  if (schema === undefined) throw newUnsupportedPatch();
  if (fieldManager === undefined) {
    throw newInvalidError('meta.k8s.io', 'PatchOptions', '', [required('fieldManager', 'is required for apply patch')]);
  }
  const configuration = call.request.body;
  const uid = (configuration as Partial<KubernetesObject> | undefined)?.metadata?.uid;
  if (live === undefined && uid) {
    throw newConflict(definition, call.request.name ?? '', `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
  }
  return applyServerSide(live, configuration, { ...options(deps, call, schema, fieldManager), force: force === true });
}

/** True where the call is a server-side apply. */
export function isApply(call: Call): boolean {
  return call.request.patchType === APPLY_PATCH;
}

/** Kubernetes: unicode.IsPrint. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

function options(deps: RegistryDeps, call: Call, schema: Parameters<typeof trackUpdate>[2]['schema'], manager: string) {
  const kind = { create: 'CreateOptions', update: 'UpdateOptions' }[call.request.verb as string] ?? 'PatchOptions';
  if (manager.length > 128) {
    throw newInvalidError('meta.k8s.io', kind, '', [{ type: 'TooLong', field: 'fieldManager', value: '', detail: 'may not be more than 128 bytes' }]);
  }
  const unprintable = UNPRINTABLE.exec(manager);
  if (unprintable !== null) {
    const code = (manager.codePointAt(unprintable.index) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw newInvalidError('meta.k8s.io', kind, '', [invalid('fieldManager', manager, `invalid character U+${code} (at position ${unprintable.index})`)]);
  }
  const subresource = call.request.subresource ?? call.writtenThrough;
  const resetFields = call.endpoint.definition.resetFields?.[subresource ?? ''];
  return {
    schema, manager, apiVersion: call.endpoint.apiVersion, nowMs: deps.clock.nowMs(), ...(subresource === undefined ? {} : { subresource }),
    ...(resetFields === undefined ? {} : { resetFields }),
  };
}

/** Components are known by their user's name, e.g. kube-scheduler, deployment-controller. */
function managerOf(call: Call): string {
  return call.user.name.slice(call.user.name.lastIndexOf(':') + 1) || 'unknown';
}
