import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../names.ts';
import type { CSIPersistentVolumeSource, ISCSIPersistentVolumeSource, PersistentVolumeSource, QuobyteVolumeSource } from '../types.ts';
import { validateHostPath, validateNoBacksteps } from './pod-spec/volumes.ts';

type Errors = FieldError[];
export type SourceName = keyof PersistentVolumeSource;
type SourceRule = (source: PersistentVolumeSource, path: string, errors: Errors, volumeName: string) => void;

/** One kind of volume: its field, its rules, and how upstream spells the field in errors where that differs. */
export interface SourceFacts {
  readonly name: SourceName;
  readonly validate: SourceRule;
  /** The field named where the source is one too many; undefined: its own. */
  readonly secondPath?: string;
  /** The field under which its own errors are; undefined: its own. */
  readonly path?: string;
}

/** A driver's name, in whatever case. Kubernetes: core validation, ValidateCSIDriverName. */
export function validateDriverName(name: string | undefined, path: string, errors: Errors): void {
  if (!name) {
    errors.push(required(path));
    return;
  }
  if (name.length > 63) errors.push({ type: 'TooLong', field: path, detail: 'may not be more than 63 bytes' });
  for (const text of dns1123SubdomainErrors(name.toLowerCase())) errors.push(invalid(path, name, text));
}

function requireFields(source: object | undefined, path: string, errors: Errors, ...names: readonly string[]): void {
  const fields = (source ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of names) {
    const value = fields[name];
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) errors.push(required(`${path}.${name}`));
  }
}

function validatePartition(partition: number | undefined, path: string, errors: Errors): void {
  if (partition !== undefined && (partition < 0 || partition > 255)) errors.push(invalid(`${path}.partition`, partition, 'must be between 1 and 255, inclusive'));
}

const secretParts = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const;

/** Kubernetes: core validation, validateCSIPersistentVolumeSource. */
function validateCsi(csi: CSIPersistentVolumeSource, path: string, errors: Errors): void {
  validateDriverName(csi.driver, `${path}.driver`, errors);
  requireFields(csi, path, errors, 'volumeHandle');
  for (const part of secretParts) {
    const reference = csi[part];
    if (!reference) continue;
    const { name, namespace } = reference;
    if (!name) errors.push(required(`${path}.${part}.name`));
    else for (const text of dns1123SubdomainErrors(name)) errors.push(invalid(`${path}.${part}.name`, name, text));
    if (!namespace) errors.push(required(`${path}.${part}.namespace`));
    else for (const text of dns1123LabelErrors(namespace)) errors.push(invalid(`${path}.${part}.namespace`, namespace, text));
  }
}

const qualifiedNames: readonly (readonly [start: string, pattern: RegExp])[] = [
  ['iqn', /iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/], ['eui', /^eui.[A-Za-z0-9]{16}$/], ['naa', /^naa.[A-Za-z0-9]{32}$/],
];

function isQualifiedName(name: string): boolean {
  return qualifiedNames.some(([start, pattern]) => name.startsWith(start) && pattern.test(name));
}

/** Kubernetes: core validation, validateISCSIPersistentVolumeSource. */
function validateIscsi(iscsi: ISCSIPersistentVolumeSource, path: string, errors: Errors, volumeName: string): void {
  const { targetPortal = '', initiatorName, iqn, lun = 0, secretRef } = iscsi;
  requireFields(iscsi, path, errors, 'targetPortal');
  if (initiatorName !== undefined && `${volumeName}:${targetPortal}`.length > 64) {
    const text = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';
    errors.push(invalid(`${path}.targetportal`, targetPortal, text));
  }
  if (!iqn) errors.push(required(`${path}.iqn`));
  else if (!isQualifiedName(iqn)) errors.push(invalid(`${path}.iqn`, iqn, 'must be valid format'));
  if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, 'must be between 0 and 255, inclusive'));
  if ((iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true) && !secretRef) errors.push(required(`${path}.secretRef`));
  if (secretRef) requireFields(secretRef, `${path}.secretRef`, errors, 'name');
  if (initiatorName !== undefined && !isQualifiedName(initiatorName)) errors.push(invalid(`${path}.initiatorname`, initiatorName, 'must be valid format'));
}

const hostPortText = 'must be a host:port pair or multiple pairs separated by commas';

function validateQuobyte(quobyte: QuobyteVolumeSource, path: string, errors: Errors): void {
  const { registry, tenant = '' } = quobyte;
  if (!registry) errors.push(required(`${path}.registry`, hostPortText));
  else if (tenant.length >= 65) errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else {
    for (const pair of registry.split(',')) {
      if (!/^([^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair)) errors.push(invalid(`${path}.registry`, registry, hostPortText));
    }
  }
  requireFields(quobyte, path, errors, 'volume');
}

const managedDiskText = ['/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'];
const blobDiskText = ['https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];

/** All kinds of volumes in upstream's order of checking, which decides which of two gets the blame. Kubernetes: core validation, ValidatePersistentVolumeSpec. */
export const volumeSources: readonly SourceFacts[] = [
  { name: 'hostPath', validate: ({ hostPath }, path, errors) => hostPath && validateHostPath(hostPath, path, errors) },
  {
    name: 'gcePersistentDisk', path: 'persistentDisk',
    validate({ gcePersistentDisk }, path, errors) {
      requireFields(gcePersistentDisk, path, errors, 'pdName');
      validatePartition(gcePersistentDisk?.partition, path, errors);
    },
  },
  {
    name: 'awsElasticBlockStore',
    validate({ awsElasticBlockStore }, path, errors) {
      requireFields(awsElasticBlockStore, path, errors, 'volumeID');
      validatePartition(awsElasticBlockStore?.partition, path, errors);
    },
  },
  {
    name: 'glusterfs',
    validate({ glusterfs }, path, errors) {
      requireFields(glusterfs, path, errors, 'endpoints', 'path');
      const namespace = glusterfs?.endpointsNamespace;
      if (namespace === undefined) return;
      const texts = namespace === '' ? ['if the endpointnamespace is set, it must be a valid namespace name'] : dns1123LabelErrors(namespace);
      for (const text of texts) errors.push(invalid(`${path}.endpointsNamespace`, namespace, text));
    },
  },
  {
    name: 'flocker',
    validate({ flocker }, path, errors) {
      const { datasetName = '', datasetUUID = '' } = flocker ?? {};
      if (datasetName === '' && datasetUUID === '') errors.push(required(path, 'one of datasetName and datasetUUID is required'));
      if (datasetName !== '' && datasetUUID !== '') errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
      if (datasetName.includes('/')) errors.push(invalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
    },
  },
  {
    name: 'nfs',
    validate({ nfs }, path, errors) {
      requireFields(nfs, path, errors, 'server', 'path');
      if (nfs?.path?.startsWith('/') !== true) errors.push(invalid(`${path}.path`, nfs?.path ?? '', 'must be an absolute path'));
    },
  },
  { name: 'rbd', validate: ({ rbd }, path, errors) => requireFields(rbd, path, errors, 'monitors', 'image') },
  { name: 'quobyte', validate: ({ quobyte }, path, errors) => quobyte && validateQuobyte(quobyte, path, errors) },
  { name: 'cephfs', secondPath: 'cephFS', validate: ({ cephfs }, path, errors) => requireFields(cephfs, path, errors, 'monitors') },
  { name: 'iscsi', validate: ({ iscsi }, path, errors, volumeName) => iscsi && validateIscsi(iscsi, path, errors, volumeName) },
  {
    name: 'cinder',
    validate({ cinder }, path, errors) {
      requireFields(cinder, path, errors, 'volumeID');
      if (cinder?.secretRef) requireFields(cinder.secretRef, `${path}.secretRef`, errors, 'name', 'namespace');
    },
  },
  {
    name: 'fc',
    validate({ fc }, path, errors) {
      const { targetWWNs = [], wwids = [], lun } = fc ?? {};
      if (targetWWNs.length === 0 && wwids.length === 0) errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
      if (targetWWNs.length === 0) return;
      if (wwids.length > 0) errors.push(invalid(`${path}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
      if (lun === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
      else if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, 'must be between 0 and 255, inclusive'));
    },
  },
  {
    name: 'flexVolume',
    validate({ flexVolume }, path, errors) {
      requireFields(flexVolume, path, errors, 'driver');
      for (const key in flexVolume?.options) {
        const domain = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
        if (!domain.endsWith('.kubernetes.io') && !domain.endsWith('.k8s.io')) continue;
        errors.push(invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
      }
    },
  },
  {
    name: 'azureFile',
    validate({ azureFile }, path, errors) {
      requireFields(azureFile, path, errors, 'secretName', 'shareName');
      if (azureFile?.secretNamespace === '') errors.push(required(`${path}.secretNamespace`));
    },
  },
  { name: 'vsphereVolume', validate: ({ vsphereVolume }, path, errors) => requireFields(vsphereVolume, path, errors, 'volumePath') },
  { name: 'photonPersistentDisk', validate: ({ photonPersistentDisk }, path, errors) => requireFields(photonPersistentDisk, path, errors, 'pdID') },
  { name: 'portworxVolume', validate: ({ portworxVolume }, path, errors) => requireFields(portworxVolume, path, errors, 'volumeID') },
  {
    name: 'azureDisk',
    validate({ azureDisk }, path, errors) {
      requireFields(azureDisk, path, errors, 'diskName', 'diskURI');
      const { cachingMode, kind, diskURI = '' } = azureDisk ?? {};
      const modes = ['None', 'ReadOnly', 'ReadWrite'];
      const kinds = ['Dedicated', 'Managed', 'Shared'];
      if (cachingMode !== undefined && !modes.includes(cachingMode)) errors.push(notSupported(`${path}.cachingMode`, cachingMode, modes));
      if (kind !== undefined && !kinds.includes(kind)) errors.push(notSupported(`${path}.kind`, kind, kinds));
      if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/')) errors.push(notSupported(`${path}.diskURI`, diskURI, managedDiskText));
      if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://')) errors.push(notSupported(`${path}.diskURI`, diskURI, blobDiskText));
    },
  },
  { name: 'scaleIO', validate: ({ scaleIO }, path, errors) => requireFields(scaleIO, path, errors, 'gateway', 'system', 'volumeName') },
  {
    name: 'local',
    validate({ local }, path, errors) {
      requireFields(local, path, errors, 'path');
      if (local?.path) validateNoBacksteps(local.path, `${path}.path`, errors);
    },
  },
  {
    name: 'storageos',
    validate({ storageos }, path, errors) {
      requireFields(storageos, path, errors, 'volumeName');
      const { volumeName, volumeNamespace, secretRef } = storageos ?? {};
      if (volumeName) for (const text of dns1123LabelErrors(volumeName)) errors.push(invalid(`${path}.volumeName`, volumeName, text));
      if (volumeNamespace) for (const text of dns1123LabelErrors(volumeNamespace)) errors.push(invalid(`${path}.volumeNamespace`, volumeNamespace, text));
      if (secretRef) requireFields(secretRef, `${path}.secretRef`, errors, 'name', 'namespace');
    },
  },
  { name: 'csi', validate: ({ csi }, path, errors) => csi && validateCsi(csi, path, errors) },
];
