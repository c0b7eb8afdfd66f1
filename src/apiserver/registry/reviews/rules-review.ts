import { newBadRequest } from '../../errors.ts';
import type { RbacAuthorizer } from '../../authorization/index.ts';
import type { RequestHandler } from '../registry.ts';
import { specOf, withAnswer } from './answer.ts';

/** POST selfsubjectrulesreviews: what may I do in a namespace? Kubernetes: pkg/registry/authorization/selfsubjectrulesreview. */
export function selfSubjectRulesReview(rbac: RbacAuthorizer): RequestHandler {
  return (_deps, call, body) => {
    const spec = specOf<{ readonly namespace?: string }>(body);
    if (!spec.namespace) throw newBadRequest('no namespace on request');
    const resourceRules: object[] = [];
    const nonResourceRules: object[] = [];
    for (const grant of rbac.grantsOf(call.user)) {
      if (grant.namespace !== undefined && grant.namespace !== spec.namespace) continue;
      for (const { verbs, apiGroups = [], resources = [], resourceNames, nonResourceURLs = [] } of grant.rules) {
        if (resources.length > 0) resourceRules.push({ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) });
        if (nonResourceURLs.length > 0 && grant.namespace === undefined) nonResourceRules.push({ verbs, nonResourceURLs });
      }
    }
    return withAnswer(body, { resourceRules, nonResourceRules, incomplete: false });
  };
}
