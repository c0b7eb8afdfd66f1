import { invalid, type FieldError } from '../field-error.ts';
import { validateNonNegative } from './object-meta.ts';

interface ReplicaCounts {
  readonly replicas: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly observedGeneration?: number;
}

/** The status of a ReplicaSet or ReplicationController. Kubernetes: apps validation, ValidateReplicaSetStatus. */
export function validateReplicaCounts(status: ReplicaCounts, errors: FieldError[]): void {
  for (const name of ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const) {
    validateNonNegative(status[name], `status.${name}`, errors);
  }
  const replicas = status.replicas ?? 0;
  for (const name of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status[name] ?? 0;
    if (count > replicas) errors.push(invalid(`status.${name}`, count, 'cannot be greater than status.replicas'));
  }
  const available = status.availableReplicas ?? 0;
  if (available > (status.readyReplicas ?? 0)) errors.push(invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas'));
}
