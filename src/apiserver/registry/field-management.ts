import { applyServerSide, type KubernetesObject, newInvalidError, newStatusError, required, trackUpdate } from '../../api/index.ts';
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
  if (schema === undefined || isApply(call)) return next;
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

function options(deps: RegistryDeps, call: Call, schema: Parameters<typeof trackUpdate>[2]['schema'], manager: string) {
  if (manager.length > 128) {
    throw newStatusError(422, 'Invalid', 'fieldManager: Too long: may not be more than 128 bytes', {});
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
