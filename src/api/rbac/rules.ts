import { nameIsPathSegment } from '../core/object-meta.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import { mapShared } from '../core/strategy-parts.ts';
import type { PolicyRule, RoleRef, Subject } from '../types.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Kubernetes: rbac validation, ValidatePolicyRule. */
export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean, errors: FieldError[]): void {
  rules?.forEach((rule, index) => {
    const path = `rules[${index}]`;
    const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    if (verbs.length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
    if (nonResourceURLs.length > 0) {
      if (namespaced) errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
      if (apiGroups.length + resources.length + resourceNames.length > 0) {
        errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
      }
      return;
    }
    if (apiGroups.length === 0) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
    if (resources.length === 0) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  });
}

interface Binding {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

/** The group of a roleRef and of users and groups. Kubernetes: pkg/apis/rbac/v1, SetDefaults_RoleBinding and SetDefaults_Subject. */
export function defaultBinding<B extends Binding>(binding: B): B {
  const roleRef = binding.roleRef?.apiGroup ? binding.roleRef : { ...binding.roleRef, apiGroup: RBAC_GROUP };
  const subjects = binding.subjects ? mapShared(binding.subjects, defaultSubject) : binding.subjects;
  if (roleRef === binding.roleRef && subjects === binding.subjects) return binding;
  return { ...binding, roleRef, ...(subjects === undefined ? {} : { subjects }) };
}

function defaultSubject(subject: Subject): Subject {
  if (subject.apiGroup || (subject.kind !== 'User' && subject.kind !== 'Group')) return subject;
  return { ...subject, apiGroup: RBAC_GROUP };
}

/** Kubernetes: rbac validation, ValidateRoleBinding and ValidateClusterRoleBinding without the metadata. */
export function validateBinding(binding: Binding, namespaced: boolean, errors: FieldError[]): void {
  const roleRef: Partial<RoleRef> = binding.roleRef ?? {};
  if (roleRef.apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [RBAC_GROUP]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(roleRef.kind ?? '')) errors.push(notSupported('roleRef.kind', roleRef.kind ?? '', kinds));
  if (!roleRef.name) errors.push(required('roleRef.name'));
  else for (const text of nameIsPathSegment(roleRef.name, false)) errors.push(invalid('roleRef.name', roleRef.name, text));
  binding.subjects?.forEach((subject, index) => validateSubject(subject, namespaced, `subjects[${index}]`, errors));
}

/** Kubernetes: rbac validation, ValidateRoleBindingSubject. */
function validateSubject(subject: Subject, namespaced: boolean, path: string, errors: FieldError[]): void {
  const { kind = '', name = '', apiGroup = '' } = subject;
  if (name === '') errors.push(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') for (const text of dns1123SubdomainErrors(name)) errors.push(invalid(`${path}.name`, name, text));
      if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']));
      if (!namespaced && !subject.namespace) errors.push(required(`${path}.namespace`));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [RBAC_GROUP]));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
}
