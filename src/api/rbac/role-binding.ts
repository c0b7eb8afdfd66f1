import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsPathSegment, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { invalid, type FieldError } from '../field-error.ts';
import type { RoleBinding } from '../types.ts';
import { bindingColumns } from './binding-columns.ts';
import { defaultBinding, RBAC_GROUP, validateBinding } from './rules.ts';

/** Kubernetes: pkg/registry/rbac/rolebinding. */
export const roleBindings = defineResource<RoleBinding>({
  group: RBAC_GROUP, resource: 'rolebindings', kind: 'RoleBinding', namespaced: true, schema: 'io.k8s.api.rbac.v1.RoleBinding',
  columns: bindingColumns,
  strategy: {
    defaults: (binding) => defaultBinding(binding),
    prepareForCreate: (binding) => binding,
    prepareForUpdate: (next) => next,
    validateCreate,
    validateUpdate(next, old) {
      const errors = [...validateCreate(next), ...validateObjectMetaUpdate(next.metadata, old.metadata)];
      if (!sameValue(next.roleRef, old.roleRef)) errors.push(invalid('roleRef', next.roleRef, 'cannot change roleRef'));
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: true,
  },
});

/** Kubernetes: rbac validation, ValidateRoleBinding. */
function validateCreate(binding: RoleBinding): FieldError[] {
  const errors = validateObjectMeta(binding.metadata, true, nameIsPathSegment);
  validateBinding(binding, true, errors);
  return errors;
}
