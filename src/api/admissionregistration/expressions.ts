/** What an expression is for: it decides which variables it may use and what it has to return. */
export type ExpressionPurpose =
  | 'matchCondition' | 'variable' | 'validation' | 'messageExpression' | 'auditAnnotation' | 'applyConfiguration' | 'jsonPatch';

/** One CEL expression of a policy or webhook, to be compiled. Kubernetes: plugincel.ExpressionAccessor and OptionalVariableDeclarations. */
export interface PolicyExpression {
  readonly purpose: ExpressionPurpose;
  readonly expression: string;
  /** The name under which later expressions of the same policy see it, as variables.<name>. Only of purpose variable. */
  readonly variableName?: string;
  /** Whether `params` is declared. `authorizer` is, but in message expressions; patch types are, in mutations. */
  readonly hasParams: boolean;
  /** True where the stored object has the same expression: it may use what an older version of the library allowed. Kubernetes: environment.StoredExpressions. */
  readonly stored: boolean;
}

/** Why an expression does not compile. Kubernetes: apiserver/pkg/cel, Error. */
export interface ExpressionProblem {
  readonly type: 'Required' | 'Invalid' | 'InternalError';
  readonly detail: string;
}

/** Compiles the expressions of one object, in order; undefined: there is nothing wrong. */
export type ExpressionCompiler = (expression: PolicyExpression) => ExpressionProblem | undefined;

/** Gives a compiler for one object; composed: it remembers variables. Kubernetes: admissionregistration validation, createCompiler. */
export type ExpressionCompilerFactory = (composed: boolean) => ExpressionCompiler;

const unchecked: ExpressionCompiler = () => undefined;
let factory: ExpressionCompilerFactory = () => unchecked;

/** Says who compiles CEL: rules of policies and webhooks ask it from now on. Until then expressions are only checked for being there. */
export function useExpressionCompiler(next: ExpressionCompilerFactory): void {
  factory = next;
}

/** A compiler for the expressions of one object. */
export function newExpressionCompiler(composed: boolean): ExpressionCompiler {
  return factory(composed);
}
