import { base64Length, decodeBase64, decodeText, encodeBase64, encodeText } from '../../base/index.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from '../field-error.ts';
import { configMapKeyErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { Secret } from '../types.ts';
import { dataBytesMax } from './config-map.ts';
import { defineResource } from './define.ts';
import { sameValue } from './equality.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

const serviceAccountNameKey = 'kubernetes.io/service-account.name';

/** Kubernetes: pkg/registry/core/secret. */
export const secrets = defineResource<Secret>({
  group: '', resource: 'secrets', kind: 'Secret', namespaced: true, schema: 'io.k8s.api.core.v1.Secret',
  selectableFields: { type: (secret) => secret.type ?? '' },
  columns: [
    nameColumn,
    column('Type', 'string', 'What the secret is for.', (secret) => secret.type ?? ''),
    column('Data', 'string', 'How many entries there are.', (secret) => Object.keys(secret.data ?? {}).length),
    ageColumn,
  ],
  strategy: {
    defaults: defaultSecret,
    prepareForCreate: (secret) => secret,
    prepareForUpdate: (next, old) => (next.type || !old.type ? next : { ...next, type: old.type }),
    validateCreate: validateSecret,
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateImmutable(next.type, old.type, 'type', errors, '');
      if (old.immutable === true) {
        if (next.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
        if (!sameValue(next.data, old.data)) errors.push(forbidden('data', 'field is immutable when `immutable` is set'));
      }
      for (const error of validateSecret(next)) errors.push(error);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Type Opaque; stringData becomes data, for it is never stored. Kubernetes: SetDefaults_Secret, Convert_v1_Secret_To_core_Secret. */
function defaultSecret(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  if (stringData === undefined || stringData === null) return secret.type ? secret : { ...secret, type: 'Opaque' };
  const data: Record<string, string> = { ...secret.data };
  for (const [key, value] of Object.entries(stringData)) data[key] = encodeBase64(encodeText(value));
  return { ...rest, type: secret.type || 'Opaque', ...(Object.keys(data).length === 0 ? {} : { data }) };
}

/** Kubernetes: core validation, ValidateSecret. */
function validateSecret(secret: Secret): FieldError[] {
  const errors = validateObjectMeta(secret.metadata, true, nameIsDnsSubdomain);
  const data = secret.data ?? {};
  let bytes = 0;
  for (const [key, value] of Object.entries(data)) {
    for (const text of configMapKeyErrors(key)) errors.push(invalid(`data[${key}]`, key, text));
    bytes += base64Length(value);
  }
  if (bytes > dataBytesMax) errors.push(tooLong('data', dataBytesMax));
  validateType(secret, data, errors);
  return errors;
}

function validateType(secret: Secret, data: Readonly<Record<string, string>>, errors: FieldError[]): void {
  const requireKey = (key: string) => {
    if (data[key] === undefined) errors.push(required(`data[${key}]`));
  };
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if (!secret.metadata.annotations?.[serviceAccountNameKey]) errors.push(required(`metadata.annotations[${serviceAccountNameKey}]`));
      break;
    case 'kubernetes.io/dockercfg':
      requireJson(data, '.dockercfg', errors);
      break;
    case 'kubernetes.io/dockerconfigjson':
      requireJson(data, '.dockerconfigjson', errors);
      break;
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) {
        requireKey('username');
        requireKey('password');
      }
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      requireKey('tls.crt');
      requireKey('tls.key');
      break;
    default:
  }
}

function requireJson(data: Readonly<Record<string, string>>, key: string, errors: FieldError[]): void {
  const value = data[key];
  if (value === undefined) {
    errors.push(required(`data[${key}]`));
    return;
  }
  const text = jsonProblem(decodeText(decodeBase64(value) ?? new Uint8Array()));
  if (text !== undefined) errors.push(invalid(`data[${key}]`, '<secret contents redacted>', text));
}

function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && !Array.isArray(value)) return undefined;
    return 'json: cannot unmarshal into Go value of type map[string]interface {}';
  } catch {
    return text === '' ? 'unexpected end of JSON input' : 'invalid character in JSON';
  }
}
