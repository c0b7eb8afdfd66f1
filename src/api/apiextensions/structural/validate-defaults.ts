import { jsonEqual } from '../../../base/index.ts';
import { type FieldError, fieldErrorBody, invalid } from '../../field-error.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { someSchema } from '../schema-walk.ts';
import type { JsonSchemaProps } from '../types.ts';
import { validateValue } from '../values/validate-value.ts';
import { coerceEmbedded, validateEmbedded } from './embedded.ts';
import { isStructural } from './invariants.ts';
import { prune } from './prune.ts';
import { asResourceRoot, isMetaField, itemsOf } from './schema-parts.ts';

/** Puts a value where its schema stands in a whole object. */
type Surround = (value: unknown) => JsonObject;

const asRoot: Surround = (value) => ({ kind: 'Validation', apiVersion: 'validation/v1', ...isJsonObject(value) ? value : {} });

/** Checks of a default beyond its schema's: rules in CEL. */
export type CheckDefault = (value: unknown, schema: JsonSchemaProps, path: string) => readonly FieldError[];

/** Defaults that their own schema refuses, or would prune. Kubernetes: apiserver/schema/defaulting, ValidateDefaults. */
export function validateDefaults(schema: JsonSchemaProps, path: string, requirePruned: boolean, checkDefault?: CheckDefault): readonly FieldError[] {
  if (!someSchema(schema, (each) => each.default !== undefined)) return [];
  const errors: FieldError[] = [];
  const root = asResourceRoot(schema);
  validate(root, { root, surround: asRoot, insideMeta: false, requirePruned, checkDefault }, path, errors);
  return errors;
}

interface Context {
  /** The schema of the whole object that value is part of. */
  readonly root: JsonSchemaProps;
  readonly surround: Surround;
  readonly insideMeta: boolean;
  readonly requirePruned: boolean;
  readonly checkDefault: CheckDefault | undefined;
}

function validate(schema: JsonSchemaProps, outer: Context, path: string, errors: FieldError[]): void {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const context: Context = embedded ? { ...outer, root: schema, surround: asRoot, insideMeta: false } : outer;
  if (schema.default !== undefined) validateDefault(schema, schema.default, context, `${path}.default`, errors);
  const items = itemsOf(schema);
  if (items !== undefined) validate(items, { ...context, surround: (value) => context.surround([value]) }, `${path}.items`, errors);
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const insideMeta = context.insideMeta || (embedded && isMetaField(key));
    validate(property, { ...context, insideMeta, surround: (value) => context.surround({ [key]: value }) }, `${path}.properties[${key}]`, errors);
  }
}

function validateDefault(schema: JsonSchemaProps, value: unknown, context: Context, path: string, errors: FieldError[]): void {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const found: FieldError[] = [];
  if (context.insideMeta) {
    const whole = context.surround(value);
    const coerced = coerceEmbedded(whole, context.root, true);
    if ('type' in coerced) {
      errors.push(invalid(path, value, `must result in valid metadata: ${coerced.field}: ${fieldErrorBody(coerced)}`));
      return;
    }
    validateEmbedded(whole, context.root, true, '', found);
    if (found.length > 0) {
      const texts = found.map((error) => `${error.field}: ${fieldErrorBody(error)}`);
      errors.push(invalid(path, value, `must result in valid metadata: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`));
      return;
    }
  } else {
    if (context.requirePruned && !jsonEqual(prune(value, schema, embedded).value, value)) errors.push(invalid(path, value, 'must not have unknown fields'));
    const coerced = coerceEmbedded(value, schema, embedded, path);
    if ('type' in coerced) {
      errors.push(coerced);
      return;
    }
    validateEmbedded(value, schema, embedded, path, found);
  }
  if (found.length === 0) found.push(...validateValue(value, schema, path));
  if (found.length === 0 && context.checkDefault !== undefined) found.push(...context.checkDefault(value, schema, path));
  errors.push(...found);
}

/** True where a schema has a default with fields that it does not know. Kubernetes: apiextensions validation, schemaHasUnprunedDefaults. */
export function hasUnprunedDefaults(schema: JsonSchemaProps): boolean {
  if (!someSchema(schema, (each) => each.default !== undefined) || !isStructural(schema)) return false;
  return validateDefaults(schema, '', true).some(({ detail }) => detail === 'must not have unknown fields');
}
