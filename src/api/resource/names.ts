import { utf8Length } from '../core/object-meta.ts';
import { validateDriverName } from '../core/persistent-volume-sources.ts';
import { invalid, required, tooLong, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors, regexText } from '../names.ts';

const poolNameLengthMax = 253;
const identifierLengthMax = 32;
const identifierPattern = '[A-Za-z_][A-Za-z0-9_]*';
const identifierText = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
const identifier = new RegExp(`^${identifierPattern}$`);
const normalizedUid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const anyUid = /^(urn:uuid:|\{)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i;

/** Names of requests, devices and counters. */
export function validateLabelLikeName(name: string | undefined, path: string, errors: FieldError[]): void {
  for (const text of dns1123LabelErrors(name ?? '')) errors.push(invalid(path, name ?? '', text));
}

/** Subdomains joined by slashes. Kubernetes: resource validation, validatePoolName. */
export function validatePoolName(name: string | undefined, path: string, errors: FieldError[]): void {
  if (!name) {
    errors.push(required(path));
    return;
  }
  if (name.length > poolNameLengthMax) errors.push(tooLong(path, poolNameLengthMax));
  for (const part of name.split('/')) for (const text of dns1123SubdomainErrors(part)) errors.push(invalid(path, part, text));
}

/** The key of an attribute or a capacity: an identifier, with a driver's domain or without. Kubernetes: resource validation, validateQualifiedName. */
export function validateQualifiedKey(name: string, path: string, errors: FieldError[]): void {
  const parts = name.split('/');
  const [first = '', second = ''] = parts;
  if (parts.length === 1) validateIdentifier(first, path, errors);
  if (parts.length !== 2) return;
  if (first === '') errors.push(invalid(path, '', 'the domain must not be empty'));
  else validateDriverName(first, path, errors);
  if (second === '') errors.push(invalid(path, '', 'the name must not be empty'));
  else validateIdentifier(second, path, errors);
}

function validateIdentifier(name: string, path: string, errors: FieldError[]): void {
  if (utf8Length(name) > identifierLengthMax) errors.push(tooLong(path, identifierLengthMax));
  if (!identifier.test(name)) errors.push(invalid(path, name, regexText(identifierText, identifierPattern, 'my_name', 'MY_NAME', 'MyName')));
}

/** The same with a domain. Kubernetes: resource validation, validateFullyQualifiedName. */
export function validateFullyQualifiedKey(name: string, path: string, errors: FieldError[]): void {
  validateQualifiedKey(name, path, errors);
  if (!name.includes('/')) errors.push(invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash'));
}

/** Kubernetes: resource validation, validateUID. */
export function validateUid(uid: string, path: string, errors: FieldError[]): void {
  if (normalizedUid.test(uid)) return;
  const text = anyUid.test(uid)
    ? 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
    : `error validating uid: ${[32, 36, 38, 45].includes(uid.length) ? 'invalid UUID format' : `invalid UUID length: ${uid.length}`}`;
  errors.push(invalid(path, uid, text));
}

/** The value of a label. */
export function validateLabelValue(value: string, path: string, errors: FieldError[]): void {
  for (const text of labelValueErrors(value)) errors.push(invalid(path, value, text));
}
