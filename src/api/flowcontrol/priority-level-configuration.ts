import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateObjectMeta } from '../core/object-meta.ts';
import { withMetadataForStatus } from '../core/status-metadata.ts';
import { bumpGeneration, withGeneration, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type {
  ExemptPriorityLevelConfiguration, LimitedPriorityLevelConfiguration, LimitResponse, PriorityLevelConfiguration, PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../types.ts';
import { validateConditionTypes } from './conditions.ts';
import { internalPriorityLevelSpec } from './internal-form.ts';
import { mandatoryPriorityLevels } from './mandatory.ts';

const queuesMax = 10_000_000;
/** Bits of a hash that dealing a hand may use up. Kubernetes: shufflesharding.MaxHashBits. */
const hashBitsMax = 60;
/** An annotation of an older version that carried a zero. */
const preserveZeroAnnotation = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

/** Kubernetes: pkg/registry/flowcontrol/prioritylevelconfiguration. */
export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io', resource: 'prioritylevelconfigurations', kind: 'PriorityLevelConfiguration', namespaced: false,
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  subresources: [statusSubresource('PriorityLevelConfiguration')],
  resetFields: { status: [['metadata'], ['spec']] },
  columns: [
    nameColumn,
    column('Type', 'string', 'Limited, or Exempt from limits.', ({ spec }) => spec.type),
    column('NominalConcurrencyShares', 'string', "Its part of the server's seats.", ({ spec }) => (spec.limited === undefined ? '<none>' : spec.limited.nominalConcurrencyShares ?? 0)),
    column('Queues', 'string', 'How many queues wait for a seat.', ({ spec }) => queuingCell(spec, 'queues')),
    column('HandSize', 'string', 'How many queues a flow may choose among.', ({ spec }) => queuingCell(spec, 'handSize')),
    column('QueueLengthLimit', 'string', 'How many requests a queue holds.', ({ spec }) => queuingCell(spec, 'queueLengthLimit')),
    ageColumn,
  ],
  strategy: {
    defaults,
    prepareForCreate: (level) => withGeneration({ ...level, status: {} }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate: validatePriorityLevel,
    validateUpdate: validatePriorityLevel,
    prepareForStatusUpdate: (next, old) => withMetadataForStatus(withSpecOf(next, old), old),
    validateStatusUpdate({ status }) {
      const errors: FieldError[] = [];
      validateConditionTypes(status?.conditions, errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

function queuingCell({ limited }: PriorityLevelConfigurationSpec, field: keyof QueuingConfiguration): number | string {
  const queuing = limited?.limitResponse?.queuing;
  return queuing === undefined ? '<none>' : queuing[field] ?? 0;
}

/** Kubernetes: SetDefaults_LimitedPriorityLevelConfiguration, SetDefaults_ExemptPriorityLevelConfiguration, SetDefaults_QueuingConfiguration. */
function defaults(level: PriorityLevelConfiguration): PriorityLevelConfiguration {
  const limited = level.spec?.limited && defaultLimited(level.spec.limited);
  const exempt = level.spec?.exempt && defaultExempt(level.spec.exempt);
  if (limited === level.spec?.limited && exempt === level.spec?.exempt) return level;
  return { ...level, spec: { ...level.spec, ...(limited && { limited }), ...(exempt && { exempt }) } };
}

function defaultLimited(limited: LimitedPriorityLevelConfiguration): LimitedPriorityLevelConfiguration {
  const queuing = limited.limitResponse?.queuing;
  const whole = queuing && defaultQueuing(queuing);
  if (limited.nominalConcurrencyShares !== undefined && limited.lendablePercent !== undefined && whole === queuing) return limited;
  return {
    ...limited,
    nominalConcurrencyShares: limited.nominalConcurrencyShares ?? 30,
    lendablePercent: limited.lendablePercent ?? 0,
    ...(whole && limited.limitResponse && { limitResponse: { ...limited.limitResponse, queuing: whole } }),
  };
}

function defaultExempt(exempt: ExemptPriorityLevelConfiguration): ExemptPriorityLevelConfiguration {
  if (exempt.nominalConcurrencyShares !== undefined && exempt.lendablePercent !== undefined) return exempt;
  return { nominalConcurrencyShares: exempt.nominalConcurrencyShares ?? 0, lendablePercent: exempt.lendablePercent ?? 0 };
}

function defaultQueuing(queuing: QueuingConfiguration): QueuingConfiguration {
  if (queuing.queues && queuing.handSize && queuing.queueLengthLimit) return queuing;
  return { queues: queuing.queues || 64, handSize: queuing.handSize || 8, queueLengthLimit: queuing.queueLengthLimit || 50 };
}

/** Kubernetes: flowcontrol validation, ValidatePriorityLevelConfiguration. */
function validatePriorityLevel({ metadata, spec, status }: PriorityLevelConfiguration): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  if (metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, preserveZeroAnnotation)) {
    errors.push(forbidden('metadata.annotations', `annotation '${preserveZeroAnnotation}' is forbidden`));
  }
  validateSpec(metadata.name, spec, errors);
  validateFixed(metadata.name, spec, errors);
  validateConditionTypes(status?.conditions, errors);
  return errors;
}

/** The mandatory levels are as they are; of exempt the part that gives seats may change. */
function validateFixed(name: string, spec: PriorityLevelConfigurationSpec, errors: FieldError[]): void {
  const fixed = mandatoryPriorityLevels.get(name);
  if (fixed === undefined) return;
  const [compared, text] = name === 'exempt' ? [{ ...spec, exempt: fixed.exempt }, " except the 'spec.exempt' field"] : [spec, ''];
  if (!sameValue(compared, fixed)) errors.push(invalid('spec', internalPriorityLevelSpec(spec), `spec of '${name}'${text} must equal the fixed value`));
}

function validateSpec(name: string, { type = '', limited, exempt }: PriorityLevelConfigurationSpec, errors: FieldError[]): void {
  if ((name === 'exempt') !== (type === 'Exempt')) errors.push(invalid('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    if (exempt !== undefined) validateExempt(exempt, errors);
  } else if (type === 'Limited') {
    if (exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else validateLimited(limited, errors);
  } else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
}

function validateExempt({ nominalConcurrencyShares: shares = 0, lendablePercent = 0 }: ExemptPriorityLevelConfiguration, errors: FieldError[]): void {
  if (shares < 0) errors.push(invalid('spec.exempt.nominalConcurrencyShares', shares, 'must be a non-negative integer'));
  validatePercent(lendablePercent, 'spec.exempt.lendablePercent', errors);
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, errors: FieldError[]): void {
  const { nominalConcurrencyShares: shares = 0, lendablePercent = 0, borrowingLimitPercent = 0 } = limited;
  if (shares < 0) errors.push(invalid('spec.limited.nominalConcurrencyShares', shares, 'must be a non-negative integer'));
  validateLimitResponse(limited.limitResponse ?? { type: '' }, 'spec.limited.limitResponse', errors);
  validatePercent(lendablePercent, 'spec.limited.lendablePercent', errors);
  if (borrowingLimitPercent < 0) {
    errors.push(invalid('spec.limited.borrowingLimitPercent', borrowingLimitPercent, 'if specified, must be a non-negative integer'));
  }
}

function validatePercent(percent: number, path: string, errors: FieldError[]): void {
  if (percent < 0 || percent > 100) errors.push(invalid(path, percent, 'must be between 0 and 100, inclusive'));
}

function validateLimitResponse({ type = '', queuing }: LimitResponse, path: string, errors: FieldError[]): void {
  if (type === 'Reject') {
    if (queuing !== undefined) errors.push(forbidden(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (type === 'Queue') {
    if (queuing === undefined) errors.push(required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
    else validateQueuing(queuing, `${path}.queuing`, errors);
  } else errors.push(notSupported(`${path}.type`, type, ['Queue', 'Reject']));
}

/** Kubernetes: flowcontrol validation, ValidatePriorityLevelQueuingConfiguration. */
function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, path: string, errors: FieldError[]): void {
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'));
  else if (queues > queuesMax) errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${queuesMax}`));
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (Math.ceil(Math.log2(queues) * handSize) > hashBitsMax) {
    errors.push(invalid(`${path}.handSize`, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBitsMax}`));
  }
}
