import type { MatchCondition } from '../../../api/index.ts';
import { type CompiledExpression, PolicyCompiler } from './compile-expression.ts';
import { Evaluation, MATCH_CONDITIONS_COST_BUDGET, OutOfBudget, type PolicyInput } from './evaluation.ts';

/** Whether conditions hold, or why that can't be said. */
export type Matched = { readonly matches: boolean; readonly error?: undefined } | { readonly error: string };

const NO_VARIABLES: ReadonlyMap<string, CompiledExpression> = new Map();

/** Compiles the match conditions of a webhook. */
export function compileMatchConditions(conditions: readonly MatchCondition[]): readonly CompiledExpression[] {
  const compiler = new PolicyCompiler(false);
  return conditions.map(({ expression }) => compiler.compile('matchCondition', expression, false));
}

/**
 * One condition that does not hold decides; else an error is for the failure policy: with Ignore nothing matches.
 * Kubernetes: webhook/matchconditions, Matcher.Match.
 */
export function matchConditionsHold(
  conditions: readonly CompiledExpression[], input: PolicyInput, ignoresFailure: boolean, variables: ReadonlyMap<string, CompiledExpression> = NO_VARIABLES,
): Matched {
  if (conditions.length === 0) return { matches: true };
  const evaluation = new Evaluation({ ...input, namespace: undefined }, variables, MATCH_CONDITIONS_COST_BUDGET);
  const errors: string[] = [];
  try {
    const results = conditions.map((condition) => evaluation.evaluate(condition));
    for (const result of results) {
      if (result.error !== undefined) errors.push(result.error);
      else if (result.value === false) return { matches: false };
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    errors.push(error.message);
  }
  if (errors.length === 0) return { matches: true };
  if (ignoresFailure) return { matches: false };
  const unique = [...new Set(errors)];
  return { error: unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]` };
}
