import { type Namespace, prepareNamespaceFinalize, validateNamespaceFinalize } from '../../../api/index.ts';
import { newNotFound } from '../../errors.ts';
import { checkName, objectFromBody } from '../body.ts';
import type { SubresourceHandler } from '../registry.ts';
import { guaranteedUpdate, type UpdateRules } from '../update.ts';

const FINALIZE_RULES: UpdateRules = {
  prepare: (next, old) => prepareNamespaceFinalize(next as Namespace, old as Namespace),
  validate: (next, old) => validateNamespaceFinalize(next as Namespace, old as Namespace),
};

/** PUT namespaces/…/finalize, for the namespace controller: with the last finalizer a namespace that is being deleted goes. */
export const namespaceFinalize: SubresourceHandler = {
  update(deps, call, name) {
    const body = objectFromBody(call, call.request.body);
    checkName(name, body);
    const existing = call.endpoint.cache.objects.get('', name);
    if (existing === undefined) throw newNotFound(call.endpoint.definition, name);
    return guaranteedUpdate(deps, call, name, existing, () => body, FINALIZE_RULES);
  },
};
