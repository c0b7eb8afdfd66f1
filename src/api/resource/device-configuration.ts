import { utf8Length } from '../core/object-meta.ts';
import { validateDriverName } from '../core/persistent-volume-sources.ts';
import { invalid, required, tooLong, type FieldError } from '../field-error.ts';
import type { DeviceConfiguration, DeviceSelector } from '../types.ts';
import { validateList } from './collections.ts';

export const configCountMax = 32;
const selectorCountMax = 32;
const expressionBytesMax = 10 * 1024;
const parametersBytesMax = 10 * 1024;

/** What a driver is told about devices. stored: it is as it was, so the limit of its size doesn't count. Kubernetes: resource validation, validateDeviceConfiguration. */
export function validateDeviceConfiguration({ opaque }: DeviceConfiguration, path: string, errors: FieldError[], stored = false): void {
  if (!opaque) {
    errors.push(required(`${path}.opaque`));
    return;
  }
  validateDriverName(opaque.driver, `${path}.opaque.driver`, errors);
  validateRawObject(opaque.parameters, `${path}.opaque.parameters`, errors, stored);
}

/** Data that nobody but a driver understands: any JSON object. Kubernetes: resource validation, validateRawExtension. */
export function validateRawObject(value: unknown, path: string, errors: FieldError[], stored = false): void {
  if (value === undefined || value === null) errors.push(required(path));
  else if (!stored && utf8Length(JSON.stringify(value)) > parametersBytesMax) errors.push(tooLong(path, parametersBytesMax));
  else if (typeof value !== 'object' || Array.isArray(value)) errors.push(invalid(path, '<value omitted>', 'must be a valid JSON object'));
}

/** Expressions that choose devices. What they mean is not looked at here. Kubernetes: resource validation, validateSelectorSlice. */
export function validateDeviceSelectors(selectors: readonly DeviceSelector[], path: string, errors: FieldError[]): void {
  validateList(selectors, selectorCountMax, path, errors, ({ cel }, at) => {
    if (!cel) errors.push(required(`${at}.cel`));
    else if (utf8Length(cel.expression ?? '') > expressionBytesMax) errors.push(tooLong(`${at}.cel.expression`, expressionBytesMax));
  });
}
