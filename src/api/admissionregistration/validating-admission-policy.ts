import { defineResource, statusSubresource } from '../core/define.ts';
import { validateConditions } from '../core/conditions.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, utf8Length, validateObjectMeta } from '../core/object-meta.ts';
import { withMetadataForStatus } from '../core/status-metadata.ts';
import { bumpGeneration, withGeneration, withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { duplicate, invalid, required, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { AuditAnnotation, ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation } from '../types.ts';
import { newExpressionCompiler, type ExpressionCompiler } from './expressions.ts';
import { expressionError } from './match-conditions.ts';
import { paramKindText } from './match-resources.ts';
import {
  defaultPolicySpec, noStoredExpressions, validatePolicyConditions, validatePolicyHead, validateVariables, type StoredExpressions,
} from './policy.ts';
import { staticSuffixWarnings } from './static-suffix.ts';
import { validateOptional } from './supported.ts';

const auditAnnotationsMax = 20;
const valueExpressionBytesMax = 5 * 1024;
const reasons: readonly string[] = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

/** Kubernetes: pkg/registry/admissionregistration/validatingadmissionpolicy. Whether the author may read its parameters is for admission. */
export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy', namespaced: false,
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  subresources: [statusSubresource('ValidatingAdmissionPolicy')],
  resetFields: { status: [['metadata'], ['spec']] },
  columns: [
    nameColumn,
    column('Validations', 'integer', 'How many validations the policy has.', ({ spec }) => spec.validations?.length ?? 0),
    column('ParamKind', 'string', 'The kind of objects that hold its parameters.', ({ spec }) => paramKindText(spec.paramKind)),
    ageColumn,
  ],
  strategy: {
    defaults(policy) {
      const spec = defaultPolicySpec(policy.spec ?? {});
      return spec === policy.spec ? policy : { ...policy, spec };
    },
    prepareForCreate: (policy) => withGeneration({ ...policy, status: {} }, 1),
    prepareForUpdate: (next, old) => bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec)),
    validateCreate: (policy) => validatePolicy(policy, undefined),
    validateUpdate: (next, old) => validatePolicy(next, old),
    prepareForStatusUpdate: (next, old) => withMetadataForStatus(withSpecOf(next, old), old),
    validateStatusUpdate: validateStatus,
    warnings: staticSuffixWarnings,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: admissionregistration validation, validateValidatingAdmissionPolicySpec. */
function validatePolicy({ metadata, spec }: ValidatingAdmissionPolicy, old: ValidatingAdmissionPolicy | undefined): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  const stored = old === undefined ? noStoredExpressions : storedExpressions(old.spec);
  const { variables = [], validations = [], auditAnnotations = [] } = spec;
  const compile = newExpressionCompiler(variables.length > 0);
  const hasParams = spec.paramKind !== undefined;
  validatePolicyHead(spec, errors);
  validatePolicyConditions(spec, old?.spec, stored, errors);
  validateVariables(variables, hasParams, stored, compile, errors);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    errors.push(required('spec.validations', 'validations or auditAnnotations must contain at least one item'));
    errors.push(required('spec.auditAnnotations', 'validations or auditAnnotations must contain at least one item'));
    return errors;
  }
  validations.forEach((validation, index) => validateValidation(validation, `spec.validations[${index}]`, hasParams, stored, compile, errors));
  validateAuditAnnotations(auditAnnotations, metadata.name, hasParams, stored, compile, errors);
  return errors;
}

function storedExpressions({ matchConditions = [], validations = [], auditAnnotations = [] }: ValidatingAdmissionPolicySpec): StoredExpressions {
  return {
    ...noStoredExpressions,
    matchConditions: new Set(matchConditions.map(({ expression }) => expression)),
    validations: new Set(validations.map(({ expression }) => expression)),
    messages: new Set(validations.map(({ messageExpression }) => messageExpression ?? '')),
    auditAnnotations: new Set(auditAnnotations.map(({ valueExpression }) => valueExpression)),
  };
}

function validateValidation(
  { expression = '', message = '', messageExpression = '', reason }: Validation, path: string, hasParams: boolean,
  stored: StoredExpressions, compile: ExpressionCompiler, errors: FieldError[],
): void {
  if (expression.trim() === '') errors.push(required(`${path}.expression`, 'expression is not specified'));
  else {
    const problem = compile({ purpose: 'validation', expression, hasParams, stored: stored.validations.has(expression) });
    if (problem !== undefined) errors.push(expressionError(`${path}.expression`, expression, problem));
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(invalid(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  } else if (messageExpression !== '') {
    const problem = compile({ purpose: 'messageExpression', expression: messageExpression, hasParams, stored: stored.messages.has(messageExpression) });
    if (problem !== undefined) errors.push(expressionError(`${path}.messageExpression`, messageExpression, problem));
  }
  if (message !== '' && message.trim() === '') errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  validateOptional(reason, `${path}.reason`, reasons, errors);
}

function validateAuditAnnotations(
  annotations: readonly AuditAnnotation[], policyName: string, hasParams: boolean, stored: StoredExpressions, compile: ExpressionCompiler,
  errors: FieldError[],
): void {
  if (annotations.length > auditAnnotationsMax) {
    errors.push(invalid('spec.auditAnnotations', annotations.map(internalForm), `must not have more than ${auditAnnotationsMax} auditAnnotations`));
  }
  const keys = new Set<string>();
  annotations.forEach((annotation, index) => {
    const path = `spec.auditAnnotations[${index}]`;
    const { key = '', valueExpression: written = '' } = annotation;
    if (!policyName) errors.push(invalid(`${path}.key`, key, 'requires metadata.name be non-empty'));
    else for (const text of qualifiedNameErrors(`${policyName}/${key}`)) errors.push(invalid(`${path}.key`, `${policyName}/${key}`, text));
    const expression = written.trim();
    if (expression === '') errors.push(required(`${path}.valueExpression`, 'valueExpression is not specified'));
    else if (utf8Length(expression) > valueExpressionBytesMax) {
      errors.push(required(`${path}.valueExpression`, `must not exceed ${valueExpressionBytesMax} bytes in length`));
    } else {
      const problem = compile({ purpose: 'auditAnnotation', expression, hasParams, stored: stored.auditAnnotations.has(written) });
      if (problem !== undefined) errors.push(expressionError(`${path}.valueExpression`, written, problem));
    }
    if (keys.has(key)) errors.push(duplicate(`${path}.key`, key));
    keys.add(key);
  });
}

/** As the server's internal type is printed, which has no JSON names. */
function internalForm({ key = '', valueExpression = '' }: AuditAnnotation): unknown {
  return { Key: key, ValueExpression: valueExpression };
}

/** Kubernetes: admissionregistration validation, validateValidatingAdmissionPolicyStatus. */
function validateStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const errors: FieldError[] = [];
  status?.typeChecking?.expressionWarnings?.forEach(({ fieldRef = '', warning = '' }, index) => {
    const path = `status.typeChecking.expressionWarnings[${index}]`;
    if (warning === '') errors.push(required(`${path}.warning`));
    if (fieldRef.trim() === '') errors.push(required(`${path}.fieldRef`));
  });
  validateConditions(status?.conditions, 'status.conditions', errors);
  return errors;
}
