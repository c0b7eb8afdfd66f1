import { utf8Length } from '../core/object-meta.ts';
import { invalid, required, tooLong, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';

/** Keys and values of all parameters together. */
const parametersBytesMax = 256 * 1024;
const parametersCountMax = 512;

/** A driver's or provisioner's name. Kubernetes: storage validation, validateProvisioner. */
export function validateProvisioner(name: string | undefined, path: string, errors: FieldError[]): void {
  if (!name) errors.push(required(path));
  else for (const text of qualifiedNameErrors(name.toLowerCase())) errors.push(invalid(path, name.toLowerCase(), text));
}

/** What a provisioner is told. Kubernetes: storage validation, validateParameters. */
export function validateParameters(parameters: Readonly<Record<string, string>>, path: string, errors: FieldError[], mayBeEmpty = true): void {
  const keys = Object.keys(parameters);
  if (keys.length > parametersCountMax) {
    errors.push(tooLong(path, parametersCountMax));
    return;
  }
  let bytes = 0;
  for (const key of keys) {
    if (key === '') errors.push(invalid(path, key, 'field can not be empty.'));
    bytes += utf8Length(key) + utf8Length(parameters[key] ?? '');
  }
  if (bytes > parametersBytesMax) errors.push(tooLong(path, parametersBytesMax));
  if (!mayBeEmpty && keys.length === 0) errors.push(required(path, 'must contain at least one key/value pair'));
}
