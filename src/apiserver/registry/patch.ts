import type { KubernetesObject } from '../../api/index.ts';
import { newBadRequest, newNotFound } from '../errors.ts';
import { checkName, checkNamespace, decoded } from './body.ts';
import type { Call, RegistryDeps } from './call.ts';
import { newUnsupportedPatch, patched } from './patch-body.ts';
import { guaranteedUpdate } from './update.ts';

/** PATCH of one object; a server-side apply may create it. Kubernetes: apiserver/pkg/endpoints/handlers/patch.go. */
export function patchObject(deps: RegistryDeps, call: Call, name: string): Promise<KubernetesObject> {
  const { definition, cache, schema, apiVersion } = call.endpoint;
  const { patchType, body } = call.request;
  if (patchType === undefined) throw newUnsupportedPatch();
  const existing = cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(definition, name);
  return guaranteedUpdate(deps, call, name, existing, (current) => {
    const next = patched(current, schema, patchType, body);
    if (next === current) return current;
    checkPatched(call, name, next);
    return call.untrusted && schema !== undefined ? decoded(call, next, schema, { apiVersion, kind: definition.kind }) : next;
  });
}

function checkPatched(call: Call, name: string, next: KubernetesObject): void {
  const { apiVersion, definition } = call.endpoint;
  if (typeof next.metadata !== 'object' || next.metadata === null) throw newBadRequest('metadata is required');
  if (next.apiVersion !== apiVersion || next.kind !== definition.kind) {
    throw newBadRequest(`the patched object is of another type: ${next.apiVersion ?? ''}, Kind=${next.kind ?? ''}`);
  }
  checkName(name, next);
  checkNamespace(call, next);
}
