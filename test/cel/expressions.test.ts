import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CelError, compile, fromJson, parseType, programOf } from '../../src/cel/index.ts';
import { estimateCost } from '../../src/cel/cost/estimate.ts';
import { show } from './show.ts';

/** What Kubernetes' own packages (apiserver/pkg/cel 0.36, cel-go 0.26) made of an expression. */
interface Golden {
  readonly expr: string;
  readonly vars?: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;
  readonly compile?: string;
  readonly type?: string;
  readonly costMin?: string;
  readonly costMax?: string;
  readonly program?: string;
  readonly value?: string;
  readonly error?: string;
  readonly cost?: string;
}

/** After these, cel-go's parser goes on to a second mistake, or has other words for the first. */
const OTHER_SYNTAX_ERRORS = new Set(['object.in', 'a.in', '..a']);
/** Keys that a JavaScript object gives first. */
const OTHER_ORDER = new Set(['object.map(k, k)']);

const goldens = readFileSync(new URL('testdata/expressions.jsonl', import.meta.url), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Golden);

function outcomeOf({ expr, vars = {} }: Golden): Omit<Golden, 'expr' | 'vars'> {
  const variables = new Map(Object.entries(vars).map(([name, { type }]) => [name, parseType(type)]));
  const checked = compile(expr, { variables, jsonPatch: true });
  if (typeof checked === 'string') return { compile: checked };
  const estimate = estimateCost(checked, () => undefined);
  const compiled = { type: checked.type.text, costMin: String(estimate.min), costMax: String(estimate.max) };
  const program = programOf(checked);
  if (typeof program === 'string') return { ...compiled, program };
  const { value, cost } = program.evaluate((name) => (vars[name] === undefined ? undefined : fromJson(vars[name].value)));
  return { ...compiled, cost: String(cost), ...(value instanceof CelError ? { error: value.message } : { value: show(value) }) };
}

describe('expressions', () => {
  const compared = goldens.filter(({ expr }) => !OTHER_SYNTAX_ERRORS.has(expr) && !OTHER_ORDER.has(expr));
  const cases = compared.map((golden) => [golden.expr.length > 90 ? `${golden.expr.slice(0, 80)}… (${golden.expr.length})` : golden.expr, golden] as const);
  it.each(cases)('%s', (_title, golden) => {
    const { expr: _expr, vars: _vars, ...expected } = golden;
    expect(outcomeOf(golden)).toEqual(expected);
  });
});
