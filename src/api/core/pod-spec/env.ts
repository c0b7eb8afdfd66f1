import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { configMapKeyErrors, dns1123LabelErrors, dns1123SubdomainErrors, environmentNameErrors, maskTrailingDash, qualifiedNameErrors } from '../../names.ts';
import type { ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector, ResourceFieldSelector } from '../../types.ts';

const envFieldPaths = [
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName',
  'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs',
];
/** Fields of a pod that a downward API volume can show. */
export const volumeFieldPaths: readonly string[] = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const convertibleFieldPaths = new Set([...envFieldPaths, ...volumeFieldPaths, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase', 'spec.host']);
const resourceFields = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];

/** Kubernetes: core validation, ValidateEnv. */
export function validateEnv(variables: readonly EnvVar[], path: string, errors: FieldError[]): void {
  for (let index = 0; index < variables.length; index += 1) {
    const variable = variables[index] as EnvVar;
    const at = `${path}[${index}]`;
    if (!variable.name) errors.push(required(`${at}.name`));
    else for (const text of environmentNameErrors(variable.name)) errors.push(invalid(`${at}.name`, variable.name, text));
    if (variable.valueFrom) validateValueFrom(variable.valueFrom, variable.value, `${at}.valueFrom`, errors);
  }
}

/** Kubernetes: core validation, validateEnvVarValueFrom. */
function validateValueFrom(source: EnvVarSource, value: string | undefined, path: string, errors: FieldError[]): void {
  let count = 0;
  if (source.fieldRef) {
    count += 1;
    validateFieldRef(source.fieldRef, envFieldPaths, `${path}.fieldRef`, errors);
  }
  if (source.resourceFieldRef) {
    count += 1;
    validateResourceFieldRef(source.resourceFieldRef, `${path}.resourceFieldRef`, errors, false);
  }
  if (source.configMapKeyRef) {
    count += 1;
    validateKeyRef(source.configMapKeyRef, `${path}.configMapKeyRef`, errors);
  }
  if (source.secretKeyRef) {
    count += 1;
    validateKeyRef(source.secretKeyRef, `${path}.secretKeyRef`, errors);
  }
  if (source.fileKeyRef) {
    count += 1;
    validateFileKeyRef(source.fileKeyRef, `${path}.fileKeyRef`, errors);
  }
  if (count === 0) errors.push(invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  else if (value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
}

/** Kubernetes: core validation, validateFileKeySelector. */
function validateFileKeyRef({ key = '', volumeName = '', path: file = '' }: Partial<FileKeySelector>, path: string, errors: FieldError[]): void {
  if (key === '') errors.push(required(`${path}.key`));
  else for (const text of environmentNameErrors(key)) errors.push(invalid(`${path}.key`, key, text));
  if (volumeName === '') errors.push(required(`${path}.volumeName`));
  else for (const text of dns1123LabelErrors(volumeName)) errors.push(invalid(`${path}.volumeName`, volumeName, text));
  if (file === '') errors.push(required(`${path}.path`));
  else if (file.split('/').includes('..')) errors.push(invalid(`${path}.path`, file, "must not contain '..'"));
}

/** Kubernetes: core validation, validateObjectFieldSelector. */
export function validateFieldRef(ref: ObjectFieldSelector, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (!ref.apiVersion) {
    errors.push(required(`${path}.apiVersion`));
    return;
  }
  const { fieldPath } = ref;
  if (!fieldPath) {
    errors.push(required(`${path}.fieldPath`));
    return;
  }
  const subscripted = /^(.*)\['(.*)'\]$/.exec(fieldPath);
  const base = subscripted?.[1] ?? fieldPath;
  if (ref.apiVersion !== 'v1') {
    errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: unsupported pod version: ${ref.apiVersion}`));
    return;
  }
  if (subscripted !== null) {
    const subscript = subscripted[2] ?? '';
    if (base === 'metadata.annotations') pushNameErrors(subscript.toLowerCase(), path, errors);
    else if (base === 'metadata.labels') pushNameErrors(subscript, path, errors);
    else errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label does not support subscript: ${fieldPath}`));
    return;
  }
  if (!convertibleFieldPaths.has(fieldPath)) {
    errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`));
  } else if (!supported.includes(fieldPath)) {
    errors.push(notSupported(`${path}.fieldPath`, fieldPath, supported));
  }
}

function pushNameErrors(name: string, path: string, errors: FieldError[]): void {
  for (const text of qualifiedNameErrors(name)) errors.push(invalid(path, name, text));
}

/** Kubernetes: core validation, validateContainerResourceFieldSelector. */
export function validateResourceFieldRef(ref: ResourceFieldSelector, path: string, errors: FieldError[], inVolume: boolean): void {
  if (inVolume && !ref.containerName) errors.push(required(`${path}.containerName`));
  else if (!ref.resource) errors.push(required(`${path}.resource`));
  else if (!resourceFields.includes(ref.resource) && !/^(requests|limits)\.hugepages-/.test(ref.resource)) {
    errors.push(notSupported(`${path}.resource`, ref.resource, resourceFields));
  }
  validateDivisor(ref, path, errors);
}

const byteDivisors = new Set(['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']);
const byteDivisorsText = "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the";

function validateDivisor({ resource, divisor }: ResourceFieldSelector, path: string, errors: FieldError[]): void {
  if (!divisor || divisor === '0' || !resource) return;
  const at = `${path}.divisor`;
  if (resource.endsWith('.cpu')) {
    if (divisor !== '1' && divisor !== '1m') errors.push(invalid(at, resource, "only divisor's values 1m and 1 are supported with the cpu resource"));
  } else if (!byteDivisors.has(divisor)) {
    if (resource.endsWith('.memory')) errors.push(invalid(at, resource, `${byteDivisorsText} memory resource`));
    else if (resource.endsWith('.ephemeral-storage')) errors.push(invalid(at, resource, `${byteDivisorsText} local ephemeral storage resource`));
  }
}

/** Kubernetes: core validation, validateConfigMapKeySelector and validateSecretKeySelector. */
function validateKeyRef(ref: ConfigMapKeySelector, path: string, errors: FieldError[]): void {
  const name = ref.name ?? '';
  for (const text of dns1123SubdomainErrors(name)) errors.push(invalid(`${path}.name`, name, text));
  if (!ref.key) errors.push(required(`${path}.key`));
  else for (const text of configMapKeyErrors(ref.key)) errors.push(invalid(`${path}.key`, ref.key, text));
}

/** Kubernetes: core validation, ValidateEnvFrom. */
export function validateEnvFrom(sources: readonly EnvFromSource[], path: string, errors: FieldError[]): void {
  sources.forEach((source, index) => {
    const at = `${path}[${index}]`;
    if (source.prefix) for (const text of environmentNameErrors(source.prefix)) errors.push(invalid(`${at}.prefix`, source.prefix, text));
    let count = 0;
    for (const kind of ['configMapRef', 'secretRef'] as const) {
      const ref = source[kind];
      if (!ref) continue;
      count += 1;
      if (!ref.name) errors.push(required(`${at}.${kind}.name`));
      else for (const text of dns1123SubdomainErrors(maskTrailingDash(ref.name))) errors.push(invalid(`${at}.${kind}.name`, ref.name, text));
    }
    if (count === 0) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  });
}
