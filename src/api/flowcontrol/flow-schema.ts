import { defineResource, statusSubresource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateObjectMeta } from '../core/object-meta.ts';
import { withMetadataForStatus } from '../core/status-metadata.ts';
import { bumpGeneration, withGeneration, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { FlowSchema, FlowSchemaSpec } from '../types.ts';
import { validateConditionTypes } from './conditions.ts';
import { internalFlowSchemaSpec } from './internal-form.ts';
import { mandatoryFlowSchemas } from './mandatory.ts';
import { validateRulesWithSubjects } from './rules.ts';

const precedenceDefault = 1000;
const precedenceMax = 10_000;
const distinguisherMethods: readonly string[] = ['ByNamespace', 'ByUser'];

/** Kubernetes: pkg/registry/flowcontrol/flowschema. */
export const flowSchemas = defineResource<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io', resource: 'flowschemas', kind: 'FlowSchema', namespaced: false,
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  subresources: [statusSubresource('FlowSchema')],
  resetFields: { status: [['metadata'], ['spec']] },
  columns: [
    nameColumn,
    column('PriorityLevel', 'string', 'The priority level of requests that match.', ({ spec }) => spec.priorityLevelConfiguration?.name ?? ''),
    column('MatchingPrecedence', 'string', 'Of several that match, the lowest decides.', ({ spec }) => spec.matchingPrecedence ?? 0),
    column('DistinguisherMethod', 'string', 'What makes a flow: the user or the namespace.', ({ spec }) => spec.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    column('MissingPL', 'string', 'Whether its priority level is missing.', ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?'),
  ],
  rowOrder: (a, b) => (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1),
  strategy: {
    defaults: (schema) => (schema.spec?.matchingPrecedence ? schema : { ...schema, spec: { ...schema.spec, matchingPrecedence: precedenceDefault } }),
    prepareForCreate: (schema) => withGeneration({ ...schema, status: {} }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate: validateFlowSchema,
    validateUpdate: validateFlowSchema,
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

/** Kubernetes: flowcontrol validation, ValidateFlowSchema. */
function validateFlowSchema({ metadata, spec, status }: FlowSchema): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  validateSpec(metadata.name, spec, errors);
  const fixed = mandatoryFlowSchemas.get(metadata.name);
  if (fixed !== undefined && !sameValue(spec, fixed)) {
    errors.push(invalid('spec', internalFlowSchemaSpec(spec), `spec of '${metadata.name}' must equal the fixed value`));
  }
  validateConditionTypes(status?.conditions, errors);
  return errors;
}

function validateSpec(name: string, spec: FlowSchemaSpec, errors: FieldError[]): void {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules } = spec;
  const path = 'spec.matchingPrecedence';
  if (precedence <= 0) errors.push(invalid(path, precedence, 'must be a positive value'));
  if (precedence > precedenceMax) errors.push(invalid(path, precedence, `must not be greater than ${precedenceMax}`));
  if (precedence === 1 && name !== 'exempt') errors.push(invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod !== undefined && !distinguisherMethods.includes(distinguisherMethod.type)) {
    errors.push(notSupported('spec.distinguisherMethod.type', { Type: distinguisherMethod.type ?? '' }, distinguisherMethods));
  }
  const level = spec.priorityLevelConfiguration?.name ?? '';
  if (level === '') errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  else for (const text of nameIsDnsSubdomain(level, false)) errors.push(invalid('spec.priorityLevelConfiguration.name', level, text));
  rules?.forEach((rule, index) => validateRulesWithSubjects(rule, `spec.rules[${index}]`, errors));
}
