import { type KubernetesObject, newStatusError } from '../../api/index.ts';
import { newBadRequest, newNotFound } from '../errors.ts';
import { checkName, checkNamespace } from './body.ts';
import type { Call, RegistryDeps } from './call.ts';
import { type Existing, guaranteedUpdate } from './update.ts';
import { patched } from './patch-body.ts';

/** PATCH of one object; a server-side apply may create it. */
export function patchObject(deps: RegistryDeps, call: Call, name: string): Promise<KubernetesObject> {
  const { definition, cache } = call.endpoint;
  const existing: Existing | undefined = cache.objects.get(call.namespace, name);
  const { patchType } = call.request;
  if (patchType === undefined) throw newStatusError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml', {});
  if (existing === undefined) throw newNotFound(definition, name);
  return guaranteedUpdate(deps, call, name, existing, (current) => {
    const next = patched(call, current, patchType, call.request.body);
    if (next === current) return current;
    if (typeof next.metadata !== 'object' || next.metadata === null) throw newBadRequest('metadata is required');
    checkName(name, next);
    checkNamespace(call, next);
    return next;
  });
}
