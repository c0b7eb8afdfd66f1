import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import { isQuantity, parseQuantity, quantityValue } from '../quantity.ts';
import type { NodeSelector, PersistentVolumeSpec, VolumeNodeAffinity } from '../types.ts';
import { accessModes } from './access-modes.ts';
import { volumeSources } from './persistent-volume-sources.ts';
import { validateNodeTerm } from './pod-spec/affinity.ts';
import { defaultResourceList } from './pod-spec/resource-defaults.ts';

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];
const volumeModes = ['Block', 'Filesystem'];
const inlineText = 'in the context of inline volumes';

type Fields = Readonly<Record<string, unknown>>;

/** What the sources fill in where they are silent. Kubernetes: pkg/apis/core/v1, SetObjectDefaults_PersistentVolume. */
const sourceDefaults: readonly (readonly [name: keyof PersistentVolumeSpec, defaults: Fields])[] = [
  ['hostPath', { type: '' }],
  ['rbd', { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }],
  ['iscsi', { iscsiInterface: 'default' }],
  ['azureDisk', { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' }],
  ['scaleIO', { storageMode: 'ThinProvisioned', fsType: 'xfs' }],
];

/** Defaults of the sources, and capacity in canonical form: for volumes and for those inline in attachments. */
export function defaultVolumeParts(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  let result = spec;
  for (const [name, defaults] of sourceDefaults) {
    const source = spec[name] as Fields | undefined;
    if (!source) continue;
    const missing = Object.entries(defaults).filter(([field, value]) => source[field] === undefined || (source[field] === '' && value !== ''));
    if (missing.length > 0) result = { ...result, [name]: { ...source, ...Object.fromEntries(missing) } };
  }
  const capacity = spec.capacity && defaultResourceList(spec.capacity);
  return capacity && capacity !== spec.capacity ? { ...result, capacity } : result;
}

/** inline: the volume is written into an attachment and has no object of its own. Kubernetes: core validation, ValidatePersistentVolumeSpec. */
export function validateVolumeSpec(spec: PersistentVolumeSpec, name: string, isInline: boolean, path: string, errors: FieldError[]): void {
  const capacity = spec.capacity ?? {};
  if (isInline) {
    if (spec.claimRef) errors.push(forbidden(`${path}.claimRef`, `may not be specified ${inlineText}`));
    if (Object.keys(capacity).length > 0) errors.push(forbidden(`${path}.capacity`, `may not be specified ${inlineText}`));
    if (!spec.csi) errors.push(required(`${path}.csi`, `has to be specified ${inlineText}`));
  }
  validateAccessModes(spec.accessModes ?? [], `${path}.accessModes`, errors);
  if (!isInline) validateCapacity(capacity, `${path}.capacity`, errors);
  validateReclaimPolicy(spec.persistentVolumeReclaimPolicy, isInline, `${path}.persistentVolumeReclaimPolicy`, errors);
  if (spec.nodeAffinity) {
    if (isInline) errors.push(forbidden(`${path}.nodeAffinity`, `may not be specified ${inlineText}`));
    else validateVolumeNodeAffinity(spec.nodeAffinity, `${path}.nodeAffinity`, errors);
  }
  validateSource(spec, name, isInline, path, errors);
  if (spec.hostPath && isRoot(spec.hostPath.path) && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    errors.push(forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (spec.storageClassName) {
    if (isInline) errors.push(forbidden(`${path}.storageClassName`, `may not be specified ${inlineText}`));
    else for (const text of dns1123SubdomainErrors(spec.storageClassName)) errors.push(invalid(`${path}.storageClassName`, spec.storageClassName, text));
  }
  if (spec.volumeMode !== undefined) {
    if (isInline) {
      if (spec.volumeMode !== 'Filesystem') errors.push(forbidden(`${path}.volumeMode`, `may not specify volumeMode other than Filesystem ${inlineText}`));
    } else if (!volumeModes.includes(spec.volumeMode)) {
      errors.push(notSupported(`${path}.volumeMode`, spec.volumeMode, volumeModes));
    }
  }
  if (!isInline) validateAttributesClass(spec, path, errors);
}

function validateAccessModes(modes: readonly string[], path: string, errors: FieldError[]): void {
  if (modes.length === 0) errors.push(required(path));
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(path, mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}

function validateCapacity(capacity: Readonly<Record<string, string>>, path: string, errors: FieldError[]): void {
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(required(path));
  if (capacity['storage'] === undefined || names.length > 1) errors.push(notSupported(path, names.length === 0 ? null : capacity, ['storage']));
  for (const name of names) {
    const text = capacity[name] ?? '';
    if (!isQuantity(text)) {
      errors.push(invalid(`${path}[${name}]`, text, 'must be a valid resource quantity'));
      continue;
    }
    if (quantityValue(text) < 0) errors.push(invalid(`${path}[${name}]`, quantityValue(text), 'must be a valid resource quantity'));
    if (parseQuantity(text).nanos <= 0n) errors.push(invalid(`${path}[${name}]`, text, 'must be greater than zero'));
  }
}

function validateReclaimPolicy(policy: string | undefined, isInline: boolean, path: string, errors: FieldError[]): void {
  if (!policy) return;
  if (!isInline) {
    if (!reclaimPolicies.includes(policy)) errors.push(notSupported(path, policy, reclaimPolicies));
  } else if (policy !== 'Retain') {
    errors.push(forbidden(path, `may only be Retain ${inlineText}`));
  }
}

/** Kubernetes: core validation, validateVolumeNodeAffinity. */
function validateVolumeNodeAffinity(affinity: VolumeNodeAffinity, path: string, errors: FieldError[]): void {
  if (!affinity.required) {
    errors.push(required(`${path}.required`, 'must specify required node constraints'));
    return;
  }
  validateNodeSelector(affinity.required, `${path}.required`, errors);
}

/** Kubernetes: core validation, ValidateNodeSelector. */
export function validateNodeSelector({ nodeSelectorTerms: terms = [] }: NodeSelector, path: string, errors: FieldError[]): void {
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
  terms.forEach((term, index) => validateNodeTerm(term, `${at}[${index}]`, errors, true));
}

function validateSource(spec: PersistentVolumeSpec, volumeName: string, isInline: boolean, path: string, errors: FieldError[]): void {
  let count = 0;
  for (const { name, validate, path: ownPath = name, secondPath = name } of volumeSources) {
    if (!spec[name]) continue;
    // upstream lets flexVolume be one of several
    if (count > 0 && name !== 'flexVolume') {
      errors.push(forbidden(`${path}.${secondPath}`, 'may not specify more than 1 volume type'));
      continue;
    }
    count += 1;
    validate(spec, `${path}.${ownPath}`, errors, volumeName);
    if (name === 'local' && (!spec.nodeAffinity || isInline)) errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
}

function isRoot(path: string | undefined): boolean {
  return path?.startsWith('/') === true && path.split('/').every((part) => part === '' || part === '.');
}

function validateAttributesClass(spec: PersistentVolumeSpec, path: string, errors: FieldError[]): void {
  const name = spec.volumeAttributesClassName;
  if (name === undefined) return;
  if (name === '') errors.push(required(`${path}.volumeAttributesClassName`, 'an empty string is disallowed'));
  else for (const text of dns1123SubdomainErrors(name)) errors.push(invalid(`${path}.volumeAttributesClassName`, name, text));
  if (!spec.csi) errors.push(required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName'));
}
