import { required, notSupported, type FieldError } from '../field-error.ts';
import type { Binding } from '../types.ts';
import { defineRequest } from './define.ts';

/** Says which node a pod goes to; created at bindings or pods/binding, never stored. Kubernetes: pkg/registry/core/pod, BindingREST. */
export const bindings = defineRequest<Binding>({
  group: '', resource: 'bindings', kind: 'Binding', namespaced: true, schema: 'io.k8s.api.core.v1.Binding', validateCreate: validatePodBinding,
});

/** Kubernetes: core validation, ValidatePodBinding. */
export function validatePodBinding(binding: Binding): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { kind, name } = binding.target ?? { kind: '', name: '' };
  if (kind !== undefined && kind !== '' && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']));
  if (name === undefined || name === '') errors.push(required('target.name'));
  return errors;
}
