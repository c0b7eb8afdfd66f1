import { validateIntOrPercent, validateNotMoreThan100Percent } from '../apps/int-or-percent.ts';
import { validateConditions } from '../core/conditions.ts';
import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsPathSegment, validateLabelSelector, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { bumpGeneration, withGeneration, withoutStatus, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { invalid, notSupported, type FieldError } from '../field-error.ts';
import type { IntOrString } from '../int-or-string.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from '../types.ts';

const initialStatus: PodDisruptionBudgetStatus = Object.freeze({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });

/** Kubernetes: pkg/registry/policy/poddisruptionbudget. */
export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy', resource: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', namespaced: true, shortNames: ['pdb'],
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  subresources: [statusSubresource('PodDisruptionBudget')],
  columns: [
    nameColumn,
    column('Min Available', 'string', 'How many pods have to stay.', ({ spec }) => amountText(spec?.minAvailable)),
    column('Max Unavailable', 'string', 'How many pods may be away.', ({ spec }) => amountText(spec?.maxUnavailable)),
    column('Allowed Disruptions', 'integer', 'How many pods may be evicted now.', ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn,
  ],
  strategy: {
    defaults: (budget) => (budget.spec === undefined ? { ...(budget as PodDisruptionBudget), spec: {} } : budget),
    prepareForCreate: (budget) => withGeneration({ ...withoutStatus(budget), status: initialStatus }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate(budget) {
      const errors: FieldError[] = [];
      validateSpec(budget.spec, errors);
      // only what all kinds have in common is asked of the metadata, and last
      return errors.length > 0 ? errors : validateObjectMeta(budget.metadata, true, nameIsPathSegment);
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec !== old.spec) validateSpec(next.spec, errors);
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.status) validateStatus(next.status, errors);
      return errors;
    },
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

function amountText(amount: IntOrString | undefined): string {
  return amount === undefined ? 'N/A' : String(amount);
}

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

/** Kubernetes: policy validation, ValidatePodDisruptionBudgetSpec. */
function validateSpec(spec: PodDisruptionBudgetSpec, errors: FieldError[]): void {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const [value, path] of [[minAvailable, 'spec.minAvailable'], [maxUnavailable, 'spec.maxUnavailable']] as const) {
    if (value === undefined) continue;
    validateIntOrPercent(value, path, errors);
    validateNotMoreThan100Percent(value, path, errors);
  }
  if (spec.selector) validateLabelSelector(spec.selector, 'spec.selector', errors);
  if (unhealthyPodEvictionPolicy !== undefined && !evictionPolicies.includes(unhealthyPodEvictionPolicy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, evictionPolicies));
  }
}

/** Kubernetes: policy validation, ValidatePodDisruptionBudgetStatusUpdate. */
function validateStatus(status: PodDisruptionBudgetStatus, errors: FieldError[]): void {
  validateConditions(status.conditions, 'status.conditions', errors);
  for (const name of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const) {
    validateNonNegative(status[name], `status.${name}`, errors);
  }
}
