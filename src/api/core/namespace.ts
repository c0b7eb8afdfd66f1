import { invalid, type FieldError } from '../field-error.ts';
import { FINALIZER_KUBERNETES, LABEL_NAMESPACE_NAME } from '../labels.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { Namespace } from '../types.ts';
import { defineResource, statusSubresource } from './define.ts';
import { nameIsDnsLabel, validateFinalizerName, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { withLabels, withSpecOf, withStatusOf } from './strategy-parts.ts';

/** Kubernetes: pkg/registry/core/namespace. */
export const namespaces = defineResource<Namespace>({
  group: '', resource: 'namespaces', kind: 'Namespace', namespaced: false, shortNames: ['ns'], schema: 'io.k8s.api.core.v1.Namespace',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, statusSubresource('Namespace')],
  selectableFields: {
    'status.phase': (namespace) => namespace.status?.phase ?? '',
    name: (namespace) => namespace.metadata.name,
  },
  columns: [
    nameColumn,
    column('Status', 'string', 'Active or Terminating.', (namespace) => namespace.status?.phase ?? ''),
    ageColumn,
  ],
  strategy: {
    defaults: defaultNamespace,
    prepareForCreate(namespace) {
      const finalizers = namespace.spec?.finalizers ?? [];
      const withOwn = finalizers.includes(FINALIZER_KUBERNETES) ? finalizers : [...finalizers, FINALIZER_KUBERNETES];
      return { ...withNameLabel(namespace), spec: { ...namespace.spec, finalizers: withOwn }, status: { phase: 'Active' } };
    },
    prepareForUpdate(next, old) {
      const kept = withStatusOf(next, old);
      if (kept.spec?.finalizers === old.spec?.finalizers) return kept;
      return { ...kept, spec: { ...kept.spec, ...(old.spec?.finalizers === undefined ? {} : { finalizers: old.spec.finalizers }) } };
    },
    validateCreate: validateNamespace,
    validateUpdate: (next, old) => [...validateNamespace(next), ...validateObjectMetaUpdate(next.metadata, old.metadata)],
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      const phase = next.status?.phase ?? '';
      if (next.metadata.deletionTimestamp === undefined) {
        if (phase !== 'Active') errors.push(invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty"));
      } else if (phase !== 'Terminating') {
        errors.push(invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"));
      }
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Every namespace carries its name as a label, and is Active from the start. Kubernetes: SetDefaults_Namespace, SetDefaults_NamespaceStatus. */
function defaultNamespace(namespace: Namespace): Namespace {
  const labelled = withNameLabel(namespace);
  const withSpec = labelled.spec ? labelled : { ...labelled, spec: {} };
  return withSpec.status?.phase ? withSpec : { ...withSpec, status: { ...withSpec.status, phase: 'Active' } };
}

function withNameLabel(namespace: Namespace): Namespace {
  const { name, labels } = namespace.metadata;
  if (!name || labels?.[LABEL_NAMESPACE_NAME] === name) return namespace;
  return withLabels(namespace, { ...labels, [LABEL_NAMESPACE_NAME]: name });
}

/** Kubernetes: core validation, ValidateNamespace. */
function validateNamespace(namespace: Namespace): FieldError[] {
  const errors = validateObjectMeta(namespace.metadata, false, nameIsDnsLabel);
  for (const finalizer of namespace.spec?.finalizers ?? []) validateFinalizerName(finalizer, 'spec.finalizers', errors);
  return errors;
}

/** A write to the finalize subresource: only spec.finalizers changes. Kubernetes: namespaceFinalizeStrategy. */
export function prepareNamespaceFinalize(next: Namespace, old: Namespace): Namespace {
  return withStatusOf(next, old);
}

/** Kubernetes: core validation, ValidateNamespaceFinalizeUpdate. */
export function validateNamespaceFinalize(next: Namespace, old: Namespace): readonly FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  next.spec?.finalizers?.forEach((finalizer, index) => validateFinalizerName(finalizer, `spec.finalizers[${index}]`, errors));
  return errors;
}
