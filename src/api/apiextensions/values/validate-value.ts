import type { FieldError } from '../../field-error.ts';
import { compilePattern } from '../pattern.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { JsonSchemaProps } from '../types.ts';
import { jsonEqual } from '../../../base/index.ts';
import { CheckResult } from './check-result.ts';
import { Correlation } from './correlation.ts';
import { failure, jsonTypeOf, longerThan, missing, moreThan, notInEnum, ofWhole, wrongType } from './failures.ts';
import { formatCheck, supportedFormat } from './formats.ts';
import { checkNumber } from './validate-number.ts';

const NO_ERRORS: readonly FieldError[] = Object.freeze([]);

/**
 * What is wrong with a value by its schema, in upstream's words. root is the path at which the value stands; old is the
 * value before an update: what was wrong with a part and has not changed is let through.
 * Kubernetes: kube-openapi/pkg/validation/validate, SchemaValidator, and apiextensions-apiserver's RatchetingSchemaValidator.
 */
export function validateValue(value: unknown, schema: JsonSchemaProps, root = '', old?: { readonly value: unknown }): readonly FieldError[] {
  const result = checkValue(value, schema, '', old === undefined ? undefined : new Correlation(value, old.value, schema));
  return result.isValid ? NO_ERRORS : result.failures.map(({ error }) => error(root));
}

/** Checks one value against one schema. Each check that applies counts, and the schema counts once more. */
function checkValue(value: unknown, schema: JsonSchemaProps, path: string, old: Correlation | undefined): CheckResult {
  const result = new CheckResult();
  if (value === null || value === undefined) {
    checkType(null, schema, path, result);
    checkEnum(null, schema, path, result);
    return result;
  }
  const types = typesOf(schema);
  if (types.length > 0 || supportedFormat(schema) !== '') {
    checkType(value, schema, path, result);
    result.matchCount++;
  }
  checkAlternatives(value, schema, path, result);
  result.matchCount++;
  if (typeof value === 'string') checkString(value, schema, path, result);
  if (typeof value === 'number') {
    checkNumber(value, schema, path, result);
    result.matchCount++;
  }
  if (Array.isArray(value)) {
    checkList(value, schema, path, old, result);
    result.matchCount++;
  }
  checkEnum(value, schema, path, result);
  result.matchCount++;
  if (isJsonObject(value)) {
    checkObject(value, schema, path, old, result);
    result.matchCount++;
  }
  result.matchCount++;
  if (old !== undefined && !result.isValid && old.isUnchanged()) {
    const ratcheted = new CheckResult();
    ratcheted.matchCount = result.matchCount;
    return ratcheted;
  }
  return result;
}

const INT_OR_STRING = ['integer', 'string'];

function typesOf(schema: JsonSchemaProps): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return INT_OR_STRING;
  return schema.type === undefined || schema.type === '' ? [] : [schema.type];
}

/** Kubernetes: typeValidator. */
function checkType(value: unknown, schema: JsonSchemaProps, path: string, result: CheckResult): void {
  const types = typesOf(schema);
  if (value === null) {
    result.matchCount++;
    if (types.length > 0 && schema.nullable !== true) result.add(wrongType(path, types.join(','), 'null'));
    return;
  }
  const actual = jsonTypeOf(value);
  const format = supportedFormat(schema);
  const matches = types.includes(actual) || (actual === 'number' && types.includes('integer') && Number.isInteger(value)) || (actual === 'integer' && types.includes('number'));
  const actualFormat = actual === 'integer' ? 'int64' : actual === 'number' ? 'float64' : '';
  const isNumeric = types.includes('number') || types.includes('integer');
  if (actual !== 'string' && actual !== 'array' && format !== '' && !matches && actualFormat !== format) {
    result.add(wrongType(path, format, actualFormat));
  } else if (!isNumeric && format !== '' && (actual === 'string' || actual === 'array')) {
    result.matchCount++;
  } else if (!matches) {
    result.add(wrongType(path, types.join(','), actual));
  } else {
    result.matchCount++;
  }
}

/** Kubernetes: basicCommonValidator. */
function checkEnum(value: unknown, schema: JsonSchemaProps, path: string, result: CheckResult): void {
  const values = schema.enum;
  if (values === undefined || values.length === 0) return;
  for (const allowed of values) if (allowed !== null && value !== null && jsonEqual(allowed, value)) return;
  result.add(notInEnum(path, value, values));
}

/** Kubernetes: stringValidator, which stops at the first failure, and formatValidator. */
function checkString(value: string, schema: JsonSchemaProps, path: string, result: CheckResult): void {
  const { maxLength, minLength, pattern } = schema;
  const length = maxLength === undefined && minLength === undefined ? 0 : codePoints(value);
  if (maxLength !== undefined && length > maxLength) result.add(longerThan(path, maxLength));
  else if (minLength !== undefined && length < minLength) result.add(failure(path, `${path} in body should be at least ${minLength} chars long`, value));
  else if (pattern !== undefined && pattern !== '') checkPattern(value, pattern, path, result);
  result.matchCount++;
  const format = supportedFormat(schema);
  const check = format === '' ? undefined : formatCheck(format);
  if (check === undefined) return;
  if (!check(value)) result.add(wrongType(path, format, value));
  result.matchCount++;
}

function checkPattern(value: string, pattern: string, path: string, result: CheckResult): void {
  const compiled = compilePattern(pattern);
  if ('error' in compiled) result.add(failure(path, `${path} in body should match '${pattern}, but pattern is invalid: ${compiled.error}'`, value));
  else if (!compiled.test(value)) result.add(failure(path, `${path} in body should match '${pattern}'`, value));
}

function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}

/** Kubernetes: schemaSliceValidator. */
function checkList(list: readonly unknown[], schema: JsonSchemaProps, path: string, old: Correlation | undefined, result: CheckResult): void {
  const { items, minItems, maxItems } = schema;
  if (items !== undefined && !Array.isArray(items)) {
    for (let index = 0; index < list.length; index++) {
      result.merge(checkValue(list[index], items as JsonSchemaProps, `${path}[${index}]`, old?.index(index)));
    }
  }
  if (minItems !== undefined && list.length < minItems) result.add(failure(path, `${path} in body should have at least ${minItems} items`, list.length));
  if (maxItems !== undefined && list.length > maxItems) result.add(moreThan(path, 'items', list.length, maxItems));
  if (schema.uniqueItems === true && hasDuplicates(list)) result.add(failure(path, `${path} in body shouldn't contain duplicates`));
  result.matchCount++;
}

function hasDuplicates(list: readonly unknown[]): boolean {
  return list.some((item, index) => list.slice(0, index).some((earlier) => jsonEqual(earlier, item)));
}

/** Kubernetes: objectValidator. */
function checkObject(object: JsonObject, schema: JsonSchemaProps, path: string, old: Correlation | undefined, result: CheckResult): void {
  const { properties, additionalProperties, minProperties, maxProperties } = schema;
  if (minProperties !== undefined || maxProperties !== undefined) {
    const count = Object.keys(object).length;
    if (minProperties !== undefined && count < minProperties) result.add(failure(path, `${path} in body should have at least ${minProperties} properties`, count));
    if (maxProperties !== undefined && count > maxProperties) result.add(moreThan(path, 'properties', count, maxProperties));
  }
  if (additionalProperties === false) {
    for (const key of Object.keys(object)) {
      if (properties === undefined || !Object.hasOwn(properties, key)) result.add(failure(path, `${path}.${key} in body is a forbidden property`, key));
    }
  } else if (typeof additionalProperties === 'object') {
    for (const key of Object.keys(object)) {
      if (properties !== undefined && Object.hasOwn(properties, key)) continue;
      result.merge(checkValue(object[key], additionalProperties, `${path}.${key}`, propertyBefore(old, key, path)));
    }
  }
  if (properties !== undefined) {
    for (const key of Object.keys(object)) {
      if (!Object.hasOwn(properties, key)) continue;
      result.merge(checkValue(object[key], properties[key] as JsonSchemaProps, path === '' ? key : `${path}.${key}`, propertyBefore(old, key, path)));
    }
  }
  for (const key of schema.required ?? []) if (!Object.hasOwn(object, key)) result.add(missing(path, key));
}

/** apiVersion and kind of the whole are never let through as they were. */
function propertyBefore(old: Correlation | undefined, key: string, path: string): Correlation | undefined {
  return path === '' && (key === 'kind' || key === 'apiVersion') ? undefined : old?.key(key);
}

/** anyOf, oneOf, allOf and not. Parts of alternatives are checked as new. Kubernetes: schemaPropsValidator. */
function checkAlternatives(value: unknown, schema: JsonSchemaProps, path: string, result: CheckResult): void {
  const { anyOf, oneOf, allOf, not } = schema;
  if (anyOf !== undefined && anyOf.length > 0) checkAnyOf(value, anyOf, path, result);
  if (oneOf !== undefined && oneOf.length > 0) checkOneOf(value, oneOf, path, result);
  if (allOf !== undefined && allOf.length > 0) {
    let validated = 0;
    for (const each of allOf) {
      const checked = checkValue(value, each, path, undefined);
      if (checked.isValid) validated++;
      result.merge(checked);
    }
    if (validated !== allOf.length) result.add(ofWhole(`${JSON.stringify(path)} must validate all the schemas (allOf)${validated === 0 ? '. None validated' : ''}`));
  }
  if (not !== undefined && checkValue(value, not, path, undefined).isValid) result.add(ofWhole(`${JSON.stringify(path)} must not validate the schema (not)`));
  result.matchCount++;
}

function checkAnyOf(value: unknown, anyOf: readonly JsonSchemaProps[], path: string, result: CheckResult): void {
  let best: CheckResult | undefined;
  for (const each of anyOf) {
    const checked = checkValue(value, each, path, undefined);
    if (checked.isValid) {
      result.merge(checked);
      return;
    }
    if (best === undefined || checked.matchCount > best.matchCount) best = checked;
  }
  result.add(ofWhole(`${JSON.stringify(path)} must validate at least one schema (anyOf)`));
  if (best !== undefined) result.merge(best);
}

function checkOneOf(value: unknown, oneOf: readonly JsonSchemaProps[], path: string, result: CheckResult): void {
  let best: CheckResult | undefined;
  let first: CheckResult | undefined;
  let validated = 0;
  for (const each of oneOf) {
    const checked = checkValue(value, each, path, undefined);
    if (checked.isValid) {
      validated++;
      best = undefined;
      first ??= checked;
    } else if (validated === 0 && (best === undefined || checked.matchCount > best.matchCount)) {
      best = checked;
    }
  }
  if (validated === 1 && first !== undefined) {
    result.merge(first);
    return;
  }
  const found = validated === 0 ? 'Found none valid' : `Found ${validated} valid alternatives`;
  result.add(ofWhole(`${JSON.stringify(path)} must validate one and only one schema (oneOf). ${found}`));
  if (best !== undefined) result.merge(best);
}
