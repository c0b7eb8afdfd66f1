import type { ExpressionCompiler, ExpressionCompilerFactory, ExpressionProblem, ExpressionPurpose, PolicyExpression } from '../../../api/index.ts';
import {
  AUTHORIZER, type CelType, compile, DYN, type Environment, NAMESPACE, policyStruct, type Program, programOf, REQUEST, RESOURCE_CHECK, type StructType, VARIABLES,
  variableType,
} from '../../../cel/index.ts';
import { mutationStruct } from './patch-values.ts';

/** An expression that compiled, or why it did not. */
export type CompiledExpression =
  | { readonly expression: string; readonly program: Program; readonly type: CelType; readonly problem?: undefined }
  | { readonly expression: string; readonly problem: ExpressionProblem };

/** What an expression for a purpose has to come to; undefined: anything. */
const RETURNS: Readonly<Record<ExpressionPurpose, readonly string[] | undefined>> = {
  matchCondition: ['bool'], validation: ['bool'], messageExpression: ['string'], auditAnnotation: ['string', 'null_type'], variable: undefined,
  applyConfiguration: ['Object'], jsonPatch: ['list(JSONPatch)'],
};

/** Compiles the expressions of one policy or webhook, in order: variables are known to those that follow. Kubernetes: plugin/cel, CompositedCompiler. */
export class PolicyCompiler {
  private readonly variables: Map<string, CelType> | undefined;

  constructor(composed: boolean) {
    this.variables = composed ? new Map() : undefined;
  }

  compile(purpose: ExpressionPurpose, expression: string, hasParams: boolean): CompiledExpression {
    const environment = this.environment(purpose, hasParams);
    const checked = compile(expression, environment);
    const invalid = (detail: string): CompiledExpression => ({ expression, problem: { type: 'Invalid', detail } });
    if (typeof checked === 'string') return invalid(`compilation failed: ${checked}`);
    const returns = RETURNS[purpose];
    const type = typeText(checked.type);
    if (returns !== undefined && !returns.includes(type)) {
      return invalid(returns.length === 1 ? `must evaluate to ${returns[0]} but got ${type}` : `must evaluate to one of [${returns.join(' ')}] but got ${type}`);
    }
    const program = programOf(checked);
    if (typeof program === 'string') return { expression, problem: { type: 'InternalError', detail: `program instantiation failed: ${program}` } };
    return { expression, program, type: checked.type };
  }

  compileVariable(name: string, expression: string, hasParams: boolean): CompiledExpression {
    const compiled = this.compile('variable', expression, hasParams);
    this.variables?.set(name, compiled.problem === undefined ? variableType(compiled.type) : DYN);
    return compiled;
  }

  private environment(purpose: ExpressionPurpose, hasParams: boolean): Environment {
    const declared = new Map<string, CelType>([
      ['object', DYN], ['oldObject', DYN], ['namespaceObject', NAMESPACE], ['request', REQUEST],
    ]);
    if (hasParams) declared.set('params', DYN);
    if (purpose !== 'messageExpression') {
      declared.set('authorizer', AUTHORIZER);
      declared.set('authorizer.requestResource', RESOURCE_CHECK);
    }
    if (this.variables !== undefined) declared.set('variables', VARIABLES);
    const mutates = purpose === 'applyConfiguration' || purpose === 'jsonPatch';
    const { variables } = this;
    const variablesStruct: StructType = { field: (name) => variables?.get(name) };
    return {
      variables: declared,
      struct: (name) => {
        if (name === VARIABLES.name) return variablesStruct;
        return policyStruct(name) ?? (mutates ? mutationStruct(name) : undefined);
      },
      ...(mutates ? { jsonPatch: true } : {}),
    };
  }
}

/** A type as these errors show it: by its names at run time. Kubernetes: cel-go types.Type.String. */
function typeText(type: CelType): string {
  if (type.kind === 'parameter') return `<${type.name}>`;
  return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(typeText).join(', ')})`;
}

/** Compiles what stands in policies and webhooks, for the rules of their kinds. */
export const policyExpressionCompiler: ExpressionCompilerFactory = (composed): ExpressionCompiler => {
  const compiler = new PolicyCompiler(composed);
  return ({ purpose, expression, variableName, hasParams }: PolicyExpression) => {
    const compiled = purpose === 'variable' ? compiler.compileVariable(variableName ?? '', expression, hasParams) : compiler.compile(purpose, expression, hasParams);
    return compiled.problem;
  };
};
