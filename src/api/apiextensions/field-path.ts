import { own } from './json-value.ts';
import { valuesOf } from './structural/schema-parts.ts';
import type { JsonSchemaProps } from './types.ts';

/** Where a path leads in a schema, or why it leads nowhere. */
export type FoundField = { readonly steps: readonly string[]; readonly path: string; readonly schema: JsonSchemaProps } | { readonly error: string };

/** Follows a path such as .spec.replicas or .spec['a.b'] in a schema. Kubernetes: apiserver/schema/cel, ValidFieldPath. */
export function validFieldPath(text: string, root: JsonSchemaProps, allowsArrayNotation = true): FoundField {
  const tokens = tokensOf(text);
  const steps: string[] = [];
  let path = '';
  let schema = root;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] ?? '';
    let name: string;
    if (token === '.') {
      const next = tokens[++index];
      if (next === undefined) return { error: 'unexpected end of JSON path' };
      name = next;
    } else if (token === '[') {
      if (!allowsArrayNotation) return { error: 'array notation is not allowed' };
      const literal = tokens[++index];
      if (literal === undefined) return { error: 'unexpected end of JSON path' };
      if (literal.length < 2 || !literal.startsWith("'") || !literal.endsWith("'")) return { error: `expected single quoted string but got ${literal}` };
      name = literal.slice(1, -1).replace(/\\(.)/g, '$1');
      if (schema.properties === undefined && schema.additionalProperties === undefined) return { error: 'does not refer to a valid field' };
      const close = tokens[++index];
      if (close === undefined) return { error: 'unexpected end of JSON path' };
      if (close !== ']') return { error: `expected ] but got ${close}` };
    } else {
      return { error: `expected [ or . but got: ${token}` };
    }
    const named = schema.properties !== undefined;
    const next = named ? own(schema.properties, name) : valuesOf(schema);
    if (next === undefined) return { error: 'does not refer to a valid field' };
    path += named ? `${path === '' ? '' : '.'}${name}` : `[${name}]`;
    steps.push(name);
    schema = next;
  }
  return { steps, path, schema };
}

function tokensOf(text: string): readonly string[] {
  return text.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|'.*/gs) ?? [];
}
