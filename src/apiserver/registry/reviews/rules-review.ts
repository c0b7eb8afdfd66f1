import { newBadRequest } from '../../errors.ts';
import type { RbacAuthorizer } from '../../authorization/index.ts';
import type { RequestHandler } from '../registry.ts';
import { specOf } from './answer.ts';

const NODE_ERROR = 'node authorizer does not support user rule resolution';

/** POST selfsubjectrulesreviews: what may I do in a namespace? Kubernetes: pkg/registry/authorization/selfsubjectrulesreview. */
export function selfSubjectRulesReview(rbac: RbacAuthorizer): RequestHandler {
  return (_deps, { user }, body) => {
    const { namespace = '' } = specOf<{ readonly namespace?: string }>(body);
    if (namespace === '') throw newBadRequest('no namespace on request');
    const resourceRules: object[] = [];
    const nonResourceRules: object[] = [];
    for (const grant of rbac.grantsOf(user)) {
      if (grant.namespace !== undefined && grant.namespace !== namespace) continue;
      for (const { verbs, apiGroups = [], resources = [], resourceNames, nonResourceURLs = [] } of grant.rules) {
        if (resources.length > 0) resourceRules.push({ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) });
        if (nonResourceURLs.length > 0) nonResourceRules.push({ verbs, nonResourceURLs });
      }
    }
    const isNode = user.name.startsWith('system:node:') && user.groups.includes('system:nodes');
    const error = rbac.errorFor(user, namespace);
    // The node authorizer's error and RBAC's, where both have one.
    const errors = [...(isNode ? [NODE_ERROR] : []), ...(error === undefined ? [] : [error.replace(/^\[(.*)\]$/, '$1')])];
    const evaluationError = errors.length === 1 ? error ?? NODE_ERROR : `[${errors.join(', ')}]`;
    return {
      kind: body.kind, apiVersion: body.apiVersion, metadata: {}, spec: {},
      status: { resourceRules, nonResourceRules, incomplete: isNode, ...(errors.length === 0 ? {} : { evaluationError }) },
    };
  };
}
