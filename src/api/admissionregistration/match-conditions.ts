import { duplicate, invalid, required, tooMany, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import type { MatchCondition } from '../types.ts';
import { newExpressionCompiler, type ExpressionProblem } from './expressions.ts';

/** Conditions a webhook or policy may have. */
const matchConditionsMax = 64;

/** How conditions are compiled: whether they may use params, and which the stored object has already. */
export interface MatchConditionOptions {
  readonly hasParams: boolean;
  readonly stored: ReadonlySet<string>;
}

/** Kubernetes: admissionregistration validation, validateMatchConditions. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined, path: string, { hasParams, stored }: MatchConditionOptions, errors: FieldError[],
): void {
  if (conditions === undefined) return;
  if (conditions.length > matchConditionsMax) errors.push(tooMany(path, conditions.length, matchConditionsMax));
  const seen = new Set<string>();
  const compile = newExpressionCompiler(false);
  conditions.forEach(({ name = '', expression: written = '' }, index) => {
    const at = `${path}[${index}]`;
    const expression = written.trim();
    if (expression === '') errors.push(required(`${at}.expression`));
    else {
      const problem = compile({ purpose: 'matchCondition', expression, hasParams, stored: stored.has(expression) });
      if (problem !== undefined) errors.push(expressionError(`${at}.expression`, expression, problem));
    }
    if (name === '') {
      errors.push(required(`${at}.name`));
      return;
    }
    for (const text of qualifiedNameErrors(name)) errors.push(invalid(`${at}.name`, name, text));
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
  });
}

/** The error of a field whose expression does not compile. Kubernetes: convertCELErrorToValidationError. */
export function expressionError(field: string, expression: string, { type, detail }: ExpressionProblem): FieldError {
  return type === 'Invalid' ? invalid(field, expression, detail) : { type, field, detail };
}
