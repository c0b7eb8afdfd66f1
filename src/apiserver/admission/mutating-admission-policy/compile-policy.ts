import type { MutatingAdmissionPolicy } from '../../../api/index.ts';
import { type CompiledExpression, PolicyCompiler } from '../policy/compile-expression.ts';

/** One mutation, compiled. */
export interface CompiledMutation {
  readonly type: 'ApplyConfiguration' | 'JSONPatch';
  readonly expression: CompiledExpression;
}

/** A policy's expressions, compiled. */
export interface CompiledPolicy {
  readonly variables: ReadonlyMap<string, CompiledExpression>;
  readonly matchConditions: readonly CompiledExpression[];
  readonly mutations: readonly CompiledMutation[];
}

/** Kubernetes: policy/mutating, compilePolicy. */
export function compilePolicy({ spec }: MutatingAdmissionPolicy): CompiledPolicy {
  const compiler = new PolicyCompiler(true);
  const hasParams = spec.paramKind !== undefined;
  const { variables = [], matchConditions = [], mutations = [] } = spec;
  return {
    variables: new Map(variables.map(({ name, expression }) => [name, compiler.compileVariable(name, expression, hasParams)] as const)),
    matchConditions: matchConditions.map(({ expression }) => compiler.compile('matchCondition', expression, hasParams)),
    mutations: mutations.flatMap(({ patchType, applyConfiguration, jsonPatch }): readonly CompiledMutation[] => {
      if (patchType === 'JSONPatch') return jsonPatch === undefined ? [] : [{ type: 'JSONPatch', expression: compiler.compile('jsonPatch', jsonPatch.expression ?? '', hasParams) }];
      return applyConfiguration === undefined
        ? [] : [{ type: 'ApplyConfiguration', expression: compiler.compile('applyConfiguration', applyConfiguration.expression ?? '', hasParams) }];
    }),
  };
}
