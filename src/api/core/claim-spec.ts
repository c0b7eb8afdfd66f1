import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../names.ts';
import { isQuantity, parseQuantity } from '../quantity.ts';
import type { PersistentVolumeClaimSpec } from '../types.ts';
import { validateLabelSelector } from './object-meta.ts';
import { defaultResourceList } from './pod-spec/resource-defaults.ts';
import { validateResourceQuantity } from './pod-spec/resources.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

/** Volumes hold file systems unless said otherwise; quantities in canonical form. Kubernetes: SetDefaults_PersistentVolumeClaimSpec. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { limits, requests } = spec.resources ?? {};
  const newLimits = limits && defaultResourceList(limits);
  const newRequests = requests && defaultResourceList(requests);
  const sameResources = newLimits === limits && newRequests === requests;
  if (spec.volumeMode !== undefined && sameResources) return spec;
  return {
    ...spec,
    volumeMode: spec.volumeMode ?? 'Filesystem',
    ...(sameResources ? {} : { resources: { ...spec.resources, ...(newLimits ? { limits: newLimits } : {}), ...(newRequests ? { requests: newRequests } : {}) } }),
  };
}

/** What a claim asks for, also in templates of StatefulSets and of ephemeral volumes. Kubernetes: core validation, ValidatePersistentVolumeClaimSpec. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string, errors: FieldError[]): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'));
  if (spec.selector) validateLabelSelector(spec.selector, `${path}.selector`, errors);
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(`${path}.accessModes`, mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))) {
    errors.push(forbidden(`${path}.accessModes`, 'may not use ReadWriteOncePod with other access modes'));
  }
  validateStorage(spec.resources?.requests?.['storage'], `${path}.resources[storage]`, errors);
  if (spec.storageClassName) for (const text of dns1123SubdomainErrors(spec.storageClassName)) errors.push(invalid(`${path}.storageClassName`, spec.storageClassName, text));
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode)) errors.push(notSupported(`${path}.volumeMode`, spec.volumeMode, volumeModes));
  validateSources(spec, path, errors);
  const { volumeAttributesClassName } = spec;
  if (!volumeAttributesClassName) return;
  for (const text of dns1123SubdomainErrors(volumeAttributesClassName)) errors.push(invalid(`${path}.volumeAttributesClassName`, volumeAttributesClassName, text));
}

function validateStorage(text: string | undefined, path: string, errors: FieldError[]): void {
  if (text === undefined) errors.push(required(path));
  else if (isQuantity(text) && parseQuantity(text).nanos <= 0n) errors.push(invalid(path, text, 'must be greater than zero'));
  else validateResourceQuantity('storage', text, path, errors);
}

/** Upstream gives a path as the value, of which JSON shows nothing. */
const unexportedPath = Object.freeze({});

function validateSources(spec: PersistentVolumeClaimSpec, path: string, errors: FieldError[]): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) validateSource(dataSource, `${path}.dataSource`, errors);
  if (dataSourceRef) validateSource(dataSourceRef, `${path}.dataSourceRef`, errors);
  const namespace = dataSourceRef?.namespace;
  if (namespace) for (const text of dns1123LabelErrors(namespace)) errors.push(invalid(`${path}.dataSourceRef.namespace`, namespace, text));
  if (dataSource && namespace) {
    errors.push(invalid(path, unexportedPath, 'may not be specified when dataSourceRef.namespace is specified'));
  } else if (dataSource && dataSourceRef) {
    const isSame = dataSource.apiGroup === dataSourceRef.apiGroup && dataSource.kind === dataSourceRef.kind && dataSource.name === dataSourceRef.name;
    if (!isSame) errors.push(invalid(path, unexportedPath, 'must match dataSourceRef'));
  }
}

interface Source {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly name: string;
}

function validateSource(source: Source, path: string, errors: FieldError[]): void {
  if (!source.name) errors.push(required(`${path}.name`));
  if (!source.kind) errors.push(required(`${path}.kind`));
  if (!source.apiGroup && source.kind !== 'PersistentVolumeClaim') errors.push(invalid(path, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (source.apiGroup) for (const text of dns1123SubdomainErrors(source.apiGroup)) errors.push(invalid(`${path}.apiGroup`, source.apiGroup, text));
}

/** Warnings about storage that is no whole number of bytes. Kubernetes: pkg/api/persistentvolumeclaim, GetWarningsForPersistentVolumeClaimSpec. */
export function claimSpecWarnings(spec: PersistentVolumeClaimSpec, path: string, warnings: string[]): void {
  for (const part of ['requests', 'limits'] as const) {
    const text = spec.resources?.[part]?.['storage'];
    if (text === undefined || !isQuantity(text) || parseQuantity(text).nanos % 1_000_000_000n === 0n) continue;
    warnings.push(`${path}.resources.${part}[storage]: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`);
  }
}
