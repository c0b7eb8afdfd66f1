import { defineResource } from '../core/define.ts';
import { nameIsPathSegment, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { type FieldError } from '../field-error.ts';
import type { Role } from '../types.ts';
import { RBAC_GROUP, validateRules } from './rules.ts';

/** Kubernetes: pkg/registry/rbac/role. Printed with the default columns, as upstream does. */
export const roles = defineResource<Role>({
  group: RBAC_GROUP, resource: 'roles', kind: 'Role', namespaced: true, schema: 'io.k8s.api.rbac.v1.Role',
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

/** Kubernetes: rbac validation, ValidateRole. */
function validateRole(role: Role): FieldError[] {
  const errors = validateObjectMeta(role.metadata, true, nameIsPathSegment);
  validateRules(role.rules, true, errors);
  return errors;
}
