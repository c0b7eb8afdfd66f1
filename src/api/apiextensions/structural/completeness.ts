import { type FieldError, required } from '../../field-error.ts';
import type { JsonSchemaProps } from '../types.ts';
import { itemsOf, propertyOf } from './schema-parts.ts';

/**
 * Every value that a rule below allOf, anyOf, oneOf or not speaks of has to be specified outside of them. rules stand at
 * rulesPath, what is specified at path. Kubernetes: apiserver/schema, validateStructuralCompleteness.
 */
export function checkCompleteness(rules: JsonSchemaProps, specified: JsonSchemaProps, path: string, rulesPath: string, errors: FieldError[]): void {
  if (rules.not !== undefined) checkNested(rules.not, specified, path, `${rulesPath}.not`, errors);
  rules.allOf?.forEach((each, index) => checkNested(each, specified, path, `${rulesPath}.allOf[${index}]`, errors));
  rules.anyOf?.forEach((each, index) => checkNested(each, specified, path, `${rulesPath}.anyOf[${index}]`, errors));
  rules.oneOf?.forEach((each, index) => checkNested(each, specified, path, `${rulesPath}.oneOf[${index}]`, errors));
}

function checkNested(rules: JsonSchemaProps, specified: JsonSchemaProps | undefined, path: string, rulesPath: string, errors: FieldError[]): void {
  if (specified === undefined) {
    errors.push(required(path, `because it is defined in ${rulesPath}`));
    return;
  }
  checkCompleteness(rules, specified, path, rulesPath, errors);
  const items = itemsOf(rules);
  if (items !== undefined) checkNested(items, itemsOf(specified), `${path}.items`, `${rulesPath}.items`, errors);
  for (const [key, property] of Object.entries(rules.properties ?? {})) {
    checkNested(property, propertyOf(specified, key), `${path}.properties[${key}]`, `${rulesPath}.properties[${key}]`, errors);
  }
}
