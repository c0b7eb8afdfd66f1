import { nameIsDnsSubdomain, validateNonNegative, validateObjectMeta } from '../core/object-meta.ts';
import type { ColumnDefinition } from '../definition.ts';
import type { FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { formatLabels, selectorOf } from '../selectors/index.ts';
import type { Deployment, ObjectMeta, ReplicaSet, ReplicationController, Scale, StatefulSet } from '../types.ts';

type Scalable = Deployment | ReplicaSet | ReplicationController | StatefulSet;

/** Kubernetes: printers, scaleColumnDefinitions. */
export const scaleColumns: readonly ColumnDefinition<Scale>[] = [
  { ...nameColumn, format: '' },
  column('Desired', 'integer', 'How many pods there should be.', (scale) => scale.spec.replicas ?? 0),
  column('Available', 'integer', 'How many pods there are.', (scale) => scale.status?.replicas ?? 0),
  ageColumn,
];

/** Kubernetes: autoscaling validation, ValidateScale. */
export function validateScale(scale: Scale): readonly FieldError[] {
  const errors = validateObjectMeta(scale.metadata, true, nameIsDnsSubdomain);
  validateNonNegative(scale.spec?.replicas, 'spec.replicas', errors);
  return errors;
}

/** The scale subresource of a workload. Kubernetes: scaleFromDeployment and its kin. */
export function scaleOf(object: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata: ObjectMeta = { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp };
  const replicas = object.spec.replicas ?? 0;
  const selector = selectorTextOf(object);
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata, spec: { replicas },
    status: { replicas: object.status?.replicas ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

function selectorTextOf(object: Scalable): string {
  const { selector } = object.spec;
  if (selector === undefined) return '';
  if (object.kind !== 'ReplicationController') return selectorOf(selector as ReplicaSet['spec']['selector']).toString();
  const labels = selector as Readonly<Record<string, string>>;
  return Object.keys(labels).length === 0 ? '' : formatLabels(labels);
}

/** The workload with the replicas that a Scale asks for. */
export function withReplicas<T extends Scalable>(object: T, scale: Scale): T {
  const replicas = scale.spec?.replicas ?? 0;
  return object.spec.replicas === replicas ? object : { ...object, spec: { ...object.spec, replicas } };
}
