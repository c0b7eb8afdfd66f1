import { type FieldError, invalid, notSupported, required } from '../field-error.ts';
import { validFieldPath } from './field-path.ts';
import type { JsonSchemaProps } from './types.ts';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const NEW_LINES = /[\n\r]+/;

/** What is wrong with rules besides their expressions. Kubernetes: ValidateCustomResourceDefinitionOpenAPISchema. */
export function validateRuleTexts(schema: JsonSchemaProps, path: string, errors: FieldError[]): void {
  schema['x-kubernetes-validations']?.forEach((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const { message = '', messageExpression = '', fieldPath = '', reason } = rule;
    const text = (rule.rule ?? '').trim();
    const trimmedMessage = message.trim();
    if (text === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
    else if (message !== '' && trimmedMessage === '') errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'));
    else if (NEW_LINES.test(trimmedMessage)) errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'));
    else if (NEW_LINES.test(text) && trimmedMessage === '') errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
    if (messageExpression !== '' && messageExpression.trim() === '') errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
    if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, REASONS));
    if (fieldPath !== '' && fieldPath.trim() === '') errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'));
    if (NEW_LINES.test(fieldPath)) errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'));
    if (fieldPath !== '' && 'error' in validFieldPath(fieldPath, schema)) errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path'));
  });
}
