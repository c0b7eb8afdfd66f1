import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FieldError, fieldErrorBody } from '../../src/api/index.ts';
import { ruleValidatorFor, validateDefinitionRules } from '../../src/cel/index.ts';

/** A structural schema, what kube-apiserver's packages say of its rules, and of objects held against them. */
interface Golden {
  readonly name: string;
  readonly schema: Parameters<typeof validateDefinitionRules>[0];
  readonly definition: readonly string[];
  readonly cases?: readonly { readonly object: unknown; readonly old?: unknown; readonly errors: readonly string[]; readonly warnings?: readonly string[]; readonly left: number }[];
}

const goldens = readFileSync(new URL('testdata/rules.jsonl', import.meta.url), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Golden);

/** Which four of many rules are blamed for the sum is chance upstream. */
const CONTRIBUTED = /\[l\d+\](?=.*: Forbidden: contributed to estimated rule cost total)/;

function texts(errors: readonly FieldError[]): string[] {
  return errors.map((error) => masked(`${error.field === '' ? '<nil>' : error.field}: ${fieldErrorBody(error)}`)).sort();
}

function masked(text: string): string {
  return text.replaceAll(/selfType\d+/g, 'selfType').replace(CONTRIBUTED, '[ANY]');
}

describe('validation rules of custom resources', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('%s', (_name, { schema, definition, cases = [] }) => {
    expect(texts(validateDefinitionRules(schema, 'spec.versions[0].schema.openAPIV3Schema', { suppressPerExpressionCost: false }))).toEqual(definition.map(masked).sort());
    if (definition.length > 0) return;
    for (const { object, old, errors, warnings = [], left } of cases) {
      const verdict = ruleValidatorFor(schema)?.validate(object, old);
      expect({ errors: texts(verdict?.errors ?? []), warnings: verdict?.warnings, left: verdict?.costLeft }).toEqual({ errors, warnings, left });
    }
  });
});
