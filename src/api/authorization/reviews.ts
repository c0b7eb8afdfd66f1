import { defineRequest, noErrors } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { forbidden, invalid, required, type FieldError } from '../field-error.ts';
import { labelValueErrors, qualifiedNameErrors } from '../names.ts';
import type {
  LocalSubjectAccessReview, NonResourceAttributes, ObjectMeta, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview,
  SubjectAccessReviewSpec,
} from '../types.ts';

const group = 'authorization.k8s.io';

/** May this user do that? Kubernetes: pkg/registry/authorization/subjectaccessreview. */
export const subjectAccessReviews = defineRequest<SubjectAccessReview>({
  group, resource: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false, schema: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  validateCreate(review) {
    const errors = validateSubjectSpec(review.spec);
    if (!isEmptyMeta(review.metadata)) errors.push(invalid('metadata', review.metadata, 'must be empty'));
    return errors;
  },
});

/** May I do that? Kubernetes: pkg/registry/authorization/selfsubjectaccessreview. */
export const selfSubjectAccessReviews = defineRequest<SelfSubjectAccessReview>({
  group, resource: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false, schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  validateCreate(review) {
    const errors: FieldError[] = [];
    validateOneOf(review.spec ?? {}, errors);
    validateSelectors(review.spec?.resourceAttributes, errors);
    if (!isEmptyMeta(review.metadata)) errors.push(invalid('metadata', review.metadata, 'must be empty'));
    return errors;
  },
});

/** May this user do that in this namespace? Kubernetes: pkg/registry/authorization/localsubjectaccessreview. */
export const localSubjectAccessReviews = defineRequest<LocalSubjectAccessReview>({
  group, resource: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true, schema: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  validateCreate(review) {
    const errors = validateSubjectSpec(review.spec);
    const { namespace, ...rest } = review.metadata;
    if (!isEmptyMeta(rest)) errors.push(invalid('metadata', review.metadata, 'must be empty except for namespace'));
    const { resourceAttributes, nonResourceAttributes } = review.spec;
    if (resourceAttributes && (resourceAttributes.namespace ?? '') !== (namespace ?? '')) {
      errors.push(invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace'));
    }
    if (nonResourceAttributes) errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
    return errors;
  },
});

/** What may I do in this namespace? Kubernetes: pkg/registry/authorization/selfsubjectrulesreview. */
export const selfSubjectRulesReviews = defineRequest<SelfSubjectRulesReview>({
  group, resource: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false, schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  validateCreate: () => noErrors,
});

/** Metadata as a client sends it; what is not set does not count. */
function isEmptyMeta(meta: Partial<ObjectMeta> | undefined): boolean {
  const { managedFields: _managedFields, creationTimestamp: _created, uid: _uid, resourceVersion: _version, ...rest } = meta ?? {};
  return sameValue(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== '')), {});
}

interface Attributes {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

/** Kubernetes: authorization validation, ValidateSubjectAccessReviewSpec. */
function validateSubjectSpec(spec: SubjectAccessReviewSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  validateOneOf(spec ?? {}, errors);
  if (!spec?.user && (spec?.groups ?? []).length === 0) errors.push(invalid('spec.user', spec?.user ?? '', 'at least one of user or group must be specified'));
  validateSelectors(spec?.resourceAttributes, errors);
  return errors;
}

function validateOneOf({ resourceAttributes, nonResourceAttributes }: Attributes, errors: FieldError[]): void {
  if (resourceAttributes && nonResourceAttributes) {
    const { path = '', verb = '' } = nonResourceAttributes;
    // Upstream's internal type has no names for JSON.
    errors.push(invalid('spec.nonResourceAttributes', { Path: path, Verb: verb }, 'cannot be specified in combination with resourceAttributes'));
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    errors.push(invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  }
}

function validateSelectors(attributes: ResourceAttributes | undefined, errors: FieldError[]): void {
  for (const name of ['fieldSelector', 'labelSelector'] as const) {
    const selector = attributes?.[name];
    if (!selector) continue;
    const path = `spec.resourceAttributes.${name}`;
    const hasRaw = Boolean(selector.rawSelector);
    const hasList = (selector.requirements ?? []).length > 0;
    if (hasRaw && hasList) errors.push(invalid(`${path}.rawSelector`, selector.rawSelector, 'may not specified at the same time as requirements'));
    if (!hasRaw && !hasList) errors.push(required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`));
    (selector.requirements ?? []).forEach((requirement, index) => validateRequirement(requirement, name === 'labelSelector', `${path}.requirements[${index}]`, errors));
  }
}

/** Operators that nobody knows are left out of the question, not refused. Kubernetes: ValidateLabelSelectorRequirement, validateFieldSelectorRequirement. */
function validateRequirement({ key = '', operator, values = [] }: { readonly key?: string; readonly operator?: string; readonly values?: readonly string[] }, isLabel: boolean, path: string, errors: FieldError[]): void {
  if (!isLabel && key === '') errors.push(required(`${path}.key`, 'must be specified'));
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) errors.push(required(`${path}.values`, 'must be specified when `operator` is \'In\' or \'NotIn\''));
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) errors.push(forbidden(`${path}.values`, 'may not be specified when `operator` is \'Exists\' or \'DoesNotExist\''));
  if (!isLabel) return;
  for (const problem of qualifiedNameErrors(key)) errors.push(invalid(`${path}.key`, key, problem));
  values.forEach((value, index) => {
    for (const problem of labelValueErrors(value)) errors.push(invalid(`${path}.values[${index}]`, value, problem));
  });
}
