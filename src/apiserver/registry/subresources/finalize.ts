import type { KubernetesObject, Namespace } from '../../../api/index.ts';
import { newNotFound } from '../../errors.ts';
import { checkName, objectFromBody } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import type { SubresourceHandler } from '../registry.ts';
import { guaranteedUpdate, type UpdateRules } from '../update.ts';

/** Only the finalizers in spec are written; with the last of them a namespace that is being deleted goes. Kubernetes: namespaceFinalizeStrategy. */
const FINALIZE_RULES: UpdateRules = {
  prepare(next, old) {
    const { finalizers } = (next as Namespace).spec ?? {};
    return { ...old, metadata: next.metadata, spec: { ...(old as Namespace).spec, finalizers: finalizers ?? [] } } as KubernetesObject;
  },
  validate: () => [],
};

/** PUT namespaces/…/finalize, for the namespace controller. */
export const namespaceFinalize: SubresourceHandler = {
  update(deps: RegistryDeps, call: Call, name: string) {
    const body = objectFromBody(call, call.request.body);
    checkName(name, body);
    const existing = call.endpoint.cache.objects.get('', name);
    if (existing === undefined) throw newNotFound(call.endpoint.definition, name);
    return guaranteedUpdate(deps, call, name, existing, () => body, FINALIZE_RULES);
  },
};
