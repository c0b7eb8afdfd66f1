import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsPathSegment, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { invalid, type FieldError } from '../field-error.ts';
import type { ClusterRoleBinding } from '../types.ts';
import { bindingColumns } from './binding-columns.ts';
import { defaultBinding, RBAC_GROUP, validateBinding } from './rules.ts';

/** Kubernetes: pkg/registry/rbac/clusterrolebinding. */
export const clusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: RBAC_GROUP, resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', namespaced: false, schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
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

/** Kubernetes: rbac validation, ValidateClusterRoleBinding. */
function validateCreate(binding: ClusterRoleBinding): FieldError[] {
  const errors = validateObjectMeta(binding.metadata, false, nameIsPathSegment);
  validateBinding(binding, false, errors);
  return errors;
}
