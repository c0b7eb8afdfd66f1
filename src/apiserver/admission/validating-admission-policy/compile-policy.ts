import type { ValidatingAdmissionPolicy } from '../../../api/index.ts';
import { type CompiledExpression, PolicyCompiler } from '../policy/compile-expression.ts';

/** A policy's expressions, compiled. */
export interface CompiledPolicy {
  readonly variables: ReadonlyMap<string, CompiledExpression>;
  readonly matchConditions: readonly CompiledExpression[];
  readonly validations: readonly CompiledExpression[];
  /** undefined where a validation has none. */
  readonly messages: readonly (CompiledExpression | undefined)[];
  readonly auditAnnotations: readonly CompiledExpression[];
}

/** Kubernetes: policy/validating, compilePolicy. */
export function compilePolicy({ spec }: ValidatingAdmissionPolicy): CompiledPolicy {
  const compiler = new PolicyCompiler(true);
  const hasParams = spec.paramKind !== undefined;
  const { variables = [], matchConditions = [], validations = [], auditAnnotations = [] } = spec;
  return {
    variables: new Map(variables.map(({ name, expression }) => [name, compiler.compileVariable(name, expression, hasParams)] as const)),
    matchConditions: matchConditions.map(({ expression }) => compiler.compile('matchCondition', expression, hasParams)),
    validations: validations.map(({ expression }) => compiler.compile('validation', expression, hasParams)),
    messages: validations.map(({ messageExpression = '' }) => (messageExpression === '' ? undefined : compiler.compile('messageExpression', messageExpression, hasParams))),
    auditAnnotations: auditAnnotations.map(({ valueExpression }) => compiler.compile('auditAnnotation', valueExpression, hasParams)),
  };
}
