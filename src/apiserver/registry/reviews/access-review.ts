import type { KubernetesObject, ResourceAttributes, SubjectAccessReviewSpec } from '../../../api/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { RequestHandler } from '../registry.ts';
import { specOf, withAnswer } from './answer.ts';

export type Authorize = (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;

/** POST selfsubjectaccessreviews: may I? Kubernetes: pkg/registry/authorization. */
export function selfSubjectAccessReview(authorize: Authorize): RequestHandler {
  return (_deps, call, body) => answer(body, authorize(call.user, attributesOf(specOf(body))));
}

/** POST subjectaccessreviews and localsubjectaccessreviews: may they? */
export function subjectAccessReview(authorize: Authorize): RequestHandler {
  return (_deps, _call, body) => {
    const spec = specOf<SubjectAccessReviewSpec>(body);
    const { user = '', groups = [], uid, extra } = spec;
    return answer(body, authorize({ name: user, groups, ...(uid ? { uid } : {}), ...(extra === undefined ? {} : { extra }) }, attributesOf(spec)));
  };
}

function answer(body: KubernetesObject, decision: AuthorizationDecision): KubernetesObject {
  return withAnswer(body, { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) });
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec): AuthorizationAttributes {
  if (resourceAttributes !== undefined) return resourceRequest(resourceAttributes);
  return { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
}

function resourceRequest({ verb = '', group = '', resource = '', subresource, namespace, name }: ResourceAttributes): AuthorizationAttributes {
  return { verb, group, resource, ...(subresource ? { subresource } : {}), ...(namespace ? { namespace } : {}), ...(name ? { name } : {}) };
}
