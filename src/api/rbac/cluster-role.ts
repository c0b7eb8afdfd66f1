import { defineResource } from '../core/define.ts';
import { nameIsPathSegment, validateLabelSelector, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import type { ClusterRole } from '../types.ts';
import { RBAC_GROUP, validateRules } from './rules.ts';

/** Kubernetes: pkg/registry/rbac/clusterrole. Printed with the default columns, as upstream does. */
export const clusterRoles = defineResource<ClusterRole>({
  group: RBAC_GROUP, resource: 'clusterroles', kind: 'ClusterRole', namespaced: false, schema: 'io.k8s.api.rbac.v1.ClusterRole',
  strategy: {
    defaults: (role) => role,
    prepareForCreate: (role) => role,
    prepareForUpdate: (next) => next,
    validateCreate: validateRole,
    validateUpdate: (next, old) => [...validateRole(next), ...validateObjectMetaUpdate(next.metadata, old.metadata)],
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

/** Kubernetes: rbac validation, ValidateClusterRole. */
function validateRole(role: ClusterRole): FieldError[] {
  const errors = validateObjectMeta(role.metadata, false, nameIsPathSegment);
  validateRules(role.rules, false, errors);
  const selectors = role.aggregationRule?.clusterRoleSelectors ?? [];
  const path = 'aggregationRule.clusterRoleSelectors';
  if (role.aggregationRule && selectors.length === 0) errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  selectors.forEach((selector, index) => {
    const countBefore = errors.length;
    validateLabelSelector(selector, `${path}[${index}]`, errors);
    if (errors.length > countBefore) errors.push(invalid(`${path}[${index}]`, 'null', 'invalid label selector.'));
  });
  return errors;
}
