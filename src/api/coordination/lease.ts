import { defineResource } from '../core/define.ts';
import { nameIsDnsSubdomain, notNegativeText, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { forbidden, invalid, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { Lease, LeaseSpec } from '../types.ts';

/** Kubernetes: pkg/registry/coordination/lease. */
export const leases = defineResource<Lease>({
  group: 'coordination.k8s.io', resource: 'leases', kind: 'Lease', namespaced: true, schema: 'io.k8s.api.coordination.v1.Lease',
  columns: [nameColumn, column('Holder', 'string', 'Who holds the lease.', (lease) => lease.spec?.holderIdentity ?? ''), ageColumn],
  strategy: {
    defaults: (lease) => (lease.spec ? lease : { ...lease, spec: {} }),
    prepareForCreate: (lease) => withoutCoordination(lease, {}),
    prepareForUpdate: (next, old) => withoutCoordination(next, old.spec ?? {}),
    validateCreate(lease) {
      const errors = validateObjectMeta(lease.metadata, true, nameIsDnsSubdomain);
      validateSpec(lease.spec, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateSpec(next.spec, errors);
      return errors;
    },
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: true,
  },
});

/** Coordinated leader election is off by default: its fields only stay where they are already. Kubernetes: leaseStrategy. */
function withoutCoordination(lease: Lease, old: LeaseSpec): Lease {
  const { strategy, preferredHolder } = lease.spec;
  if ((strategy === undefined || old.strategy !== undefined) && (preferredHolder === undefined || old.preferredHolder !== undefined)) return lease;
  const { strategy: _strategy, preferredHolder: _preferredHolder, ...spec } = lease.spec;
  return {
    ...lease,
    spec: {
      ...spec, ...(strategy !== undefined && old.strategy !== undefined && { strategy }),
      ...(preferredHolder !== undefined && old.preferredHolder !== undefined && { preferredHolder }),
    },
  };
}

/** Kubernetes: coordination validation, ValidateLeaseSpec. */
function validateSpec(spec: LeaseSpec, errors: FieldError[]): void {
  const { leaseDurationSeconds, leaseTransitions, preferredHolder, strategy } = spec;
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) errors.push(invalid('spec.leaseTransitions', leaseTransitions, notNegativeText));
  if (preferredHolder && !strategy) errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'));
}
