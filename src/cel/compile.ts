import { check } from './checker/check.ts';
import { checkLiterals } from './checker/literals.ts';
import type { Environment } from './environment.ts';
import { type Activation, CostLimitExceeded, Frame } from './evaluator/frame.ts';
import { planExpression, ProgramError } from './evaluator/plan.ts';
import { formatIssues, type Issue } from './issue.ts';
import type { Expression } from './syntax/expression.ts';
import { parse } from './syntax/parser.ts';
import type { CelType } from './types.ts';
import { CelError, type Value } from './values/value.ts';

/** What one evaluation may cost. Kubernetes: apiserver/pkg/apis/cel, PerCallLimit. */
const PER_CALL_COST_LIMIT = 1_000_000;
export const COST_LIMIT_TEXT = 'operation cancelled: actual cost limit exceeded';

/** An expression that is well-formed and well-typed. */
export interface Checked {
  readonly source: string;
  readonly type: CelType;
  /** With types and overloads; for cost estimates. */
  readonly expression: Expression;
  readonly environment: Environment;
}

/** What an evaluation came to. */
export interface Outcome {
  /** A CelError where there is no value. */
  readonly value: Value;
  readonly cost: number;
  /** It was broken off because it cost too much. */
  readonly exceeded: boolean;
}

/** An expression that can be evaluated any number of times. */
export interface Program {
  evaluate(activation: Activation, costLimit?: number): Outcome;
}

/** Parses and type-checks; a text where something is wrong, as upstream shows it. */
export function compile(source: string, environment: Environment): Checked | string {
  const issues: Issue[] = [];
  const expression = parse(source, issues);
  if (expression === undefined) return formatIssues(source, issues);
  const type = check(expression, environment, issues);
  if (issues.length === 0) checkLiterals(expression, issues);
  return issues.length > 0 ? formatIssues(source, issues) : { source, type, expression, environment };
}

/** Makes a program; a text where a constant in it can't be. */
export function programOf(checked: Checked): Program | string {
  try {
    const step = planExpression(checked.expression, checked.environment);
    return {
      evaluate(activation, costLimit = PER_CALL_COST_LIMIT) {
        const frame = new Frame(activation, costLimit);
        try {
          return { value: step(frame), cost: frame.cost, exceeded: false };
        } catch (error) {
          if (error instanceof CostLimitExceeded) return { value: new CelError(COST_LIMIT_TEXT), cost: frame.cost, exceeded: true };
          if (error instanceof RangeError) return { value: new CelError('internal error: stack overflow'), cost: frame.cost, exceeded: false };
          throw error;
        }
      },
    };
  } catch (error) {
    if (error instanceof ProgramError) return error.message;
    throw error;
  }
}
