import {
  type KubernetesObject, newInvalidError, type NonResourceAttributes, required, type ResourceAttributes, type SubjectAccessReviewSpec, invalid,
} from '../../../api/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { Call } from '../call.ts';
import type { RequestHandler } from '../registry.ts';
import { answerReview, reviewSpec } from './answer.ts';

export type Authorize = (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;

/** POST selfsubjectaccessreviews: may I? */
export function selfSubjectAccessReview(authorize: Authorize): RequestHandler {
  return (_deps, call) => {
    const spec = reviewSpec<SubjectAccessReviewSpec>(call);
    return answer(call, spec, authorize(call.user, attributesOf(call, spec)));
  };
}

/** POST subjectaccessreviews and localsubjectaccessreviews: may they? Kubernetes: pkg/registry/authorization. */
export function subjectAccessReview(authorize: Authorize): RequestHandler {
  return (_deps, call) => {
    const spec = reviewSpec<SubjectAccessReviewSpec>(call);
    const { kind, namespaced } = call.endpoint.definition;
    if (!spec.user && (spec.groups ?? []).length === 0) {
      throw newInvalidError('authorization.k8s.io', kind, '', [required('spec.user', 'at least one of user or group must be specified')]);
    }
    const attributes = attributesOf(call, spec);
    if (namespaced && attributes.namespace !== call.namespace) {
      throw newInvalidError('authorization.k8s.io', kind, '', [invalid('spec.resourceAttributes.namespace', attributes.namespace ?? '', 'must match metadata.namespace')]);
    }
    const user: UserInfo = { name: spec.user ?? '', groups: spec.groups ?? [], ...(spec.uid ? { uid: spec.uid } : {}), ...(spec.extra === undefined ? {} : { extra: spec.extra }) };
    return answer(call, spec, authorize(user, attributes));
  };
}

function answer(call: Call, spec: SubjectAccessReviewSpec, decision: AuthorizationDecision): KubernetesObject {
  return answerReview(call, spec, { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) });
}

function attributesOf(call: Call, spec: SubjectAccessReviewSpec): AuthorizationAttributes {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const { kind } = call.endpoint.definition;
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    throw newInvalidError('authorization.k8s.io', kind, '', [
      invalid('spec.nonResourceAttributes', nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'),
    ]);
  }
  if (resourceAttributes !== undefined) return resourceRequest(resourceAttributes);
  if (nonResourceAttributes !== undefined) return pathRequest(nonResourceAttributes);
  throw newInvalidError('authorization.k8s.io', kind, '', [
    invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'),
  ]);
}

function resourceRequest({ verb = '', group = '', resource = '', subresource, namespace, name }: ResourceAttributes): AuthorizationAttributes {
  return {
    verb, group, resource, ...(subresource ? { subresource } : {}), ...(namespace ? { namespace } : {}), ...(name ? { name } : {}),
  };
}

function pathRequest({ verb = '', path = '' }: NonResourceAttributes): AuthorizationAttributes {
  return { verb, path };
}
