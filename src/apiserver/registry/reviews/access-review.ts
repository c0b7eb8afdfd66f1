import { formatRequirement, type KubernetesObject, newRequirement, parseFieldSelector, parseLabelSelector, type ResourceAttributes, type SubjectAccessReviewSpec } from '../../../api/index.ts';
import type { AuthorizationAttributes, AuthorizationDecision, UserInfo } from '../../server.ts';
import type { RequestHandler } from '../registry.ts';
import { specOf, withAnswer } from './answer.ts';

export type Authorize = (user: UserInfo, attributes: AuthorizationAttributes) => AuthorizationDecision;

/** POST selfsubjectaccessreviews: may I? Kubernetes: pkg/registry/authorization. */
export function selfSubjectAccessReview(authorize: Authorize): RequestHandler {
  return (_deps, call, body) => answer(authorize, body, call.user, specOf(body));
}

/** POST subjectaccessreviews and localsubjectaccessreviews: may they? */
export function subjectAccessReview(authorize: Authorize): RequestHandler {
  return (_deps, _call, body) => {
    const spec = specOf<SubjectAccessReviewSpec>(body);
    return answer(authorize, body, subjectOf(spec), spec);
  };
}

/** Whom a review is about. */
export function subjectOf({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra === undefined ? {} : { extra }) };
}

function answer(authorize: Authorize, body: KubernetesObject, user: UserInfo, spec: SubjectAccessReviewSpec): KubernetesObject {
  const { attributes, error } = reviewedAttributes(spec);
  const { allowed, reason } = authorize(user, attributes);
  return withAnswer(body, { allowed, ...(reason === '' ? {} : { reason }), ...(error === '' ? {} : { evaluationError: error }) });
}

/** What a review asks, and which of its selectors count only in part. Kubernetes: AuthorizationAttributesFrom, BuildEvaluationError. */
export function reviewedAttributes({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec): { readonly attributes: AuthorizationAttributes; readonly error: string } {
  if (resourceAttributes === undefined) return { attributes: { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }, error: '' };
  const { verb = '', group = '', resource = '', subresource, namespace, name } = resourceAttributes;
  const fields = fieldsOf(resourceAttributes);
  return {
    attributes: {
      verb, group, resource, ...(subresource ? { subresource } : {}), ...(namespace ? { namespace } : {}), ...(name ? { name } : {}),
      ...(fields.terms.length === 0 ? {} : { fieldSelector: fields.terms.join(',') }),
    },
    error: [problem('fieldSelector', fields), problem('labelSelector', labelsOf(resourceAttributes))].filter((text) => text !== '').join('; '),
  };
}

/** What of a selector could be read. */
interface ReadSelector {
  readonly terms: readonly string[];
  readonly isWhole: boolean;
}

function problem(field: string, { terms, isWhole }: ReadSelector): string {
  if (isWhole) return '';
  return `spec.resourceAttributes.${field} ${terms.length > 0 ? 'partially ignored' : 'ignored'} due to parse error`;
}

const NONE: ReadSelector = { terms: [], isWhole: true };
const UNREADABLE: ReadSelector = { terms: [], isWhole: false };

/** Kubernetes: fieldSelectorAsSelector. */
function fieldsOf({ fieldSelector }: ResourceAttributes): ReadSelector {
  const { rawSelector = '', requirements = [] } = fieldSelector ?? {};
  if (requirements.length === 0) return rawSelector === '' ? NONE : attempt(() => [parseFieldSelector(rawSelector).toString()]);
  return collected(requirements.map(({ key, operator, values = [] }) => {
    if (values.length !== 1 || (operator !== 'In' && operator !== 'NotIn')) return UNREADABLE;
    return { terms: [`${key}${operator === 'In' ? '=' : '!='}${(values[0] ?? '').replace(/[\\,=]/g, '\\$&')}`], isWhole: true };
  }));
}

const LABEL_OPERATORS = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' } as const;

/** Kubernetes: labelSelectorAsSelector. */
function labelsOf({ labelSelector }: ResourceAttributes): ReadSelector {
  const { rawSelector = '', requirements = [] } = labelSelector ?? {};
  if (requirements.length === 0) return rawSelector === '' ? NONE : attempt(() => [parseLabelSelector(rawSelector).toString()]);
  return collected(requirements.map(({ key, operator, values = [] }) => (
    Object.hasOwn(LABEL_OPERATORS, operator) ? attempt(() => [formatRequirement(newRequirement(key, LABEL_OPERATORS[operator as keyof typeof LABEL_OPERATORS], values))]) : UNREADABLE
  )));
}

function attempt(read: () => readonly string[]): ReadSelector {
  try {
    return { terms: read(), isWhole: true };
  } catch {
    return UNREADABLE;
  }
}

function collected(parts: readonly ReadSelector[]): ReadSelector {
  return { terms: parts.flatMap(({ terms }) => terms), isWhole: parts.every(({ isWhole }) => isWhole) };
}
