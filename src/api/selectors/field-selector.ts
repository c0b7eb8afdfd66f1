import { newStatusError } from '../meta.ts';

/** One condition of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A parsed field selector; empty selects everything. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  /** valueOf gives the text of a field, '' where the object has none. */
  matches(valueOf: (field: string) => string): boolean;
  toString(): string;
}

/**
 * Parses e.g. `metadata.name=web,status.phase!=Running`; a backslash escapes comma, equals sign and backslash in values.
 * Throws a BadRequest StatusError with upstream's text. Kubernetes: apimachinery/pkg/fields, ParseSelector.
 */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (match === null) fail(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', sign, value = ''] = match;
    requirements.push({ field, operator: sign === '!=' ? '!=' : '=', value: unescapeValue(value) });
  }
  return {
    requirements,
    matches: (valueOf) => requirements.every(({ field, operator, value }) => (valueOf(field) === value) === (operator === '=')),
    toString: () => requirements.map(({ field, operator, value }) => `${field}${operator}${value.replace(/[\\,=]/g, '\\$&')}`).join(','),
  };
}

/** The value that a field has to have by an exact requirement, e.g. of metadata.name; undefined where there is none. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === ',') {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  let plain = '';
  for (let index = 0; index < value.length; index++) {
    const character = value[index] ?? '';
    if (character === '\\') {
      const next = value[++index];
      if (next === undefined) fail('invalid field selector: invalid escape sequence: \\');
      if (next !== '\\' && next !== ',' && next !== '=') fail(`invalid field selector: invalid escape sequence: \\${next}`);
      plain += next;
    } else if (character === ',' || character === '=') {
      fail(`invalid field selector: unescaped character in value: ${character}`);
    } else {
      plain += character;
    }
  }
  return plain;
}

function fail(message: string): never {
  throw newStatusError(400, 'BadRequest', message);
}
