import type { ValidatingAdmissionPolicy } from '../../../api/index.ts';
import { Evaluation, type Evaluated, OutOfBudget, POLICY_COST_BUDGET, type PolicyInput } from '../policy/evaluation.ts';
import { matchConditionsHold } from '../policy/match-conditions.ts';
import type { CompiledPolicy } from './compile-policy.ts';

/** Why a validation denies. */
export interface Denial {
  readonly message: string;
  /** '': none was given. */
  readonly reason: string;
  /** Which validation it was. */
  readonly index: number;
}

/** What a policy says of one request with one parameter. */
export interface PolicyVerdict {
  readonly denials: readonly Denial[];
  readonly auditAnnotations: readonly { readonly key: string; readonly value: string }[];
  /** Audit annotations that could not be made; each refuses the request. */
  readonly annotationErrors: readonly string[];
}

const NOTHING: PolicyVerdict = { denials: [], auditAnnotations: [], annotationErrors: [] };
const MESSAGE_BYTES_MAX = 5 * 1024;

/** Kubernetes: policy/validating, validator.Validate. */
export function decide(policy: ValidatingAdmissionPolicy, compiled: CompiledPolicy, input: PolicyInput): PolicyVerdict {
  const ignores = policy.spec.failurePolicy === 'Ignore';
  const failed = (message: string): PolicyVerdict => (ignores ? NOTHING : { ...NOTHING, denials: [{ message, reason: '', index: 0 }] });
  const matched = matchConditionsHold(compiled.matchConditions, input, ignores, compiled.variables);
  if (matched.error !== undefined) return failed(matched.error);
  if (!matched.matches) return NOTHING;
  try {
    const denials = validate(policy, compiled, input, ignores);
    return { denials, ...annotate(policy, compiled, input, ignores) };
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

function validate({ spec }: ValidatingAdmissionPolicy, compiled: CompiledPolicy, input: PolicyInput, ignores: boolean): readonly Denial[] {
  const evaluation = new Evaluation(input, compiled.variables, POLICY_COST_BUDGET);
  const results = compiled.validations.map((validation) => evaluation.evaluate(validation));
  if (results.every(({ error, ...result }) => error === undefined && 'value' in result && result.value === true)) return [];
  const messages = new Evaluation({ ...input, authorize: undefined }, compiled.variables, evaluation.budget);
  let outOfBudget: string | undefined;
  const texts = compiled.messages.map((message) => {
    try {
      return message === undefined || outOfBudget !== undefined ? undefined : messages.evaluate(message);
    } catch (error) {
      if (!(error instanceof OutOfBudget)) throw error;
      outOfBudget = error.message;
      return undefined;
    }
  });
  return results.flatMap((result, index): readonly Denial[] => {
    if (result.error !== undefined) return ignores ? [] : [{ message: result.error, reason: '', index }];
    if (outOfBudget !== undefined) return ignores ? [] : [{ message: `failed messageExpression: ${outOfBudget}`, reason: '', index }];
    if (result.value === true) return [];
    const { expression = '', message = '', reason = 'Invalid' } = spec.validations?.[index] ?? {};
    return [{ message: messageText(texts[index]) || message.trim() || `failed expression: ${expression.trim()}`, reason, index }];
  });
}

/** '' where the expression gave nothing fit to be shown. */
function messageText(result: Evaluated | undefined): string {
  if (result === undefined || result.error !== undefined || typeof result.value !== 'string') return '';
  const text = result.value.trim();
  return text.includes('\n') || new TextEncoder().encode(text).length > MESSAGE_BYTES_MAX ? '' : text;
}

function annotate({ spec }: ValidatingAdmissionPolicy, compiled: CompiledPolicy, input: PolicyInput, ignores: boolean): Omit<PolicyVerdict, 'denials'> {
  const auditAnnotations: { key: string; value: string }[] = [];
  const annotationErrors: string[] = [];
  if (compiled.auditAnnotations.length === 0) return { auditAnnotations, annotationErrors };
  const evaluation = new Evaluation({ ...input, authorize: undefined }, compiled.variables, POLICY_COST_BUDGET);
  for (const [index, annotation] of compiled.auditAnnotations.entries()) {
    const result = evaluation.evaluate(annotation);
    if (result.error !== undefined) {
      if (!ignores) annotationErrors.push(result.error);
      continue;
    }
    const value = typeof result.value === 'string' ? result.value.trim() : '';
    if (value !== '') auditAnnotations.push({ key: spec.auditAnnotations?.[index]?.key ?? '', value });
  }
  return { auditAnnotations, annotationErrors };
}
