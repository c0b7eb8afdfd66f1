import { forbidden, invalid, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.ts';
import { formatTime } from '../time.ts';
import type { PersistentVolume, PersistentVolumeSpec, PersistentVolumeStatus, VolumeNodeAffinity } from '../types.ts';
import { accessModesText, storageClassAnnotation, storageClassOf } from './access-modes.ts';
import { defineResource, statusSubresource } from './define.ts';
import { sameValue } from './equality.ts';
import { nodeTermWarnings } from './node-label-warnings.ts';
import { immutableFieldText, nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { defaultVolumeParts, validateVolumeSpec } from './persistent-volume-spec.ts';
import { volumeSources } from './persistent-volume-sources.ts';
import { withSpecOf, withStatusOf } from './strategy-parts.ts';
import { unifiedDiff } from './unified-diff.ts';

const mountOptionsAnnotation = 'volume.beta.kubernetes.io/mount-options';
const deprecatedAnnotations = [
  [storageClassAnnotation, 'deprecated since v1.8; use "storageClassName" attribute instead'],
  [mountOptionsAnnotation, 'deprecated since v1.31; use "mountOptions" attribute instead'],
] as const;

/** Sources that take their mount options from an annotation. Kubernetes: pkg/volume/validation, checkMountOption. */
const sourcesWithMountOptions = [
  'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'nfs', 'rbd', 'quobyte', 'iscsi', 'cinder', 'cephfs', 'azureFile', 'vsphereVolume', 'azureDisk',
  'photonPersistentDisk',
] as const;

const deprecatedSources = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

/** Kubernetes: pkg/registry/core/persistentvolume. */
export const persistentVolumes = defineResource<PersistentVolume>({
  group: '', resource: 'persistentvolumes', kind: 'PersistentVolume', namespaced: false, shortNames: ['pv'], schema: 'io.k8s.api.core.v1.PersistentVolume',
  subresources: [statusSubresource('PersistentVolume')],
  columns: [
    nameColumn,
    column('Capacity', 'string', 'What it holds.', ({ spec }) => spec.capacity?.['storage'] ?? '0'),
    column('Access Modes', 'string', 'In which ways it can be mounted.', ({ spec }) => accessModesText(spec.accessModes)),
    column('Reclaim Policy', 'string', 'What becomes of it when its claim is gone.', ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ''),
    column('Status', 'string', 'Whether a claim has it.', ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? status?.phase ?? '' : 'Terminating')),
    column('Claim', 'string', 'The claim that has it.', ({ spec }) => (spec.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '')),
    column('StorageClass', 'string', 'The class of storage that it belongs to.', (volume) => storageClassOf(volume)),
    column('VolumeAttributesClass', 'string', 'The class of its attributes.', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>'),
    column('Reason', 'string', 'Why it is in that state.', ({ status }) => status?.reason ?? ''),
    ageColumn,
    wideColumn('VolumeMode', 'string', 'A file system or a bare device.', ({ spec }) => spec.volumeMode ?? '<unset>'),
  ],
  strategy: {
    defaults: defaultVolume,
    prepareForCreate(volume) {
      const { creationTimestamp } = volume.metadata;
      return { ...volume, status: { phase: 'Pending', ...(creationTimestamp && { lastPhaseTransitionTime: creationTimestamp }) } };
    },
    prepareForUpdate: withStatusOf,
    validateCreate: validateVolume,
    validateUpdate: validateVolumeUpdate,
    prepareForStatusUpdate: (next, old, nowMs) => withTransitionTime(withSpecOf(next, old), old, nowMs),
    validateStatusUpdate: (next, old) => validateObjectMetaUpdate(next.metadata, old.metadata),
    warnings: volumeWarnings,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/core/v1, SetDefaults_PersistentVolume. */
function defaultVolume(volume: PersistentVolume): PersistentVolume {
  const given: PersistentVolumeSpec = volume.spec ?? {};
  let spec = defaultVolumeParts(given);
  if (!spec.persistentVolumeReclaimPolicy || spec.volumeMode === undefined) {
    spec = { ...spec, persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy || 'Retain', volumeMode: spec.volumeMode ?? 'Filesystem' };
  }
  if (spec === volume.spec && volume.status?.phase) return volume;
  return { ...volume, spec, status: { ...volume.status, phase: volume.status?.phase || 'Pending' } };
}

/** When the phase changed, which clients may say, and the server says where they don't. Kubernetes: persistentvolumeStatusStrategy. */
function withTransitionTime(next: PersistentVolume, old: PersistentVolume, nowMs: number | undefined): PersistentVolume {
  const status: PersistentVolumeStatus = next.status ?? {};
  const before = old.status?.lastPhaseTransitionTime;
  const given = status.lastPhaseTransitionTime;
  if (status.phase === old.status?.phase) {
    return given === undefined && before !== undefined ? { ...next, status: { ...status, lastPhaseTransitionTime: before } } : next;
  }
  if (nowMs === undefined || (given !== undefined && given !== before)) return next;
  return { ...next, status: { ...status, lastPhaseTransitionTime: formatTime(nowMs) } };
}

/** Kubernetes: core validation, ValidatePersistentVolume, and pkg/volume/validation. */
function validateVolume(volume: PersistentVolume): FieldError[] {
  const errors = validateSpecAndMeta(volume);
  validateMountOptions(volume, errors);
  return errors;
}

function validateSpecAndMeta({ metadata, spec }: PersistentVolume): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  validateVolumeSpec(spec, metadata.name ?? '', false, 'spec', errors);
  return errors;
}

function validateMountOptions({ metadata, spec }: PersistentVolume, errors: FieldError[]): void {
  if (metadata.annotations?.[mountOptionsAnnotation] === undefined || sourcesWithMountOptions.some((name) => spec[name])) return;
  errors.push(forbidden(`metadata.annotations.${mountOptionsAnnotation}`, 'may not specify mount options for this volume type'));
}

/** Kubernetes: core validation, ValidatePersistentVolumeUpdate. */
function validateVolumeUpdate(next: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors = validateVolume(next);
  for (const error of validateSpecAndMeta(next)) errors.push(error);
  const source = sourceOf(next.spec, old.spec);
  const oldSource = sourceOf(old.spec, old.spec);
  if (!sameValue(source, oldSource)) {
    const path = 'spec.persistentvolumesource';
    errors.push(forbidden(path, `${path} is immutable after creation\n${unifiedDiff(goJson(oldSource), goJson(source))}`));
  }
  validateImmutable(next.spec.volumeMode, old.spec.volumeMode, 'volumeMode', errors);
  if (old.spec.nodeAffinity && !sameAffinity(next.spec.nodeAffinity, old.spec.nodeAffinity)) {
    errors.push(invalid('nodeAffinity', next.spec.nodeAffinity ?? null, `${immutableFieldText}, except for updating from beta label to GA`));
  }
  if (old.spec.volumeAttributesClassName !== undefined && next.spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

type Source = Readonly<Partial<Record<(typeof volumeSources)[number]['name'], unknown>>>;

/** The sources of a spec; the secret for expanding may be added to CSI volumes later. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): Source {
  const result: Record<string, unknown> = {};
  for (const { name } of volumeSources) if (spec[name]) result[name] = spec[name];
  if (spec.csi?.controllerExpandSecretRef && old.csi && !old.csi.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _added, ...csi } = spec.csi;
    result['csi'] = csi;
  }
  return result;
}

/** The order and the names of Go's fields. */
const goSources = [
  ['gcePersistentDisk', 'GCEPersistentDisk'], ['awsElasticBlockStore', 'AWSElasticBlockStore'], ['hostPath', 'HostPath'], ['glusterfs', 'Glusterfs'], ['nfs', 'NFS'],
  ['rbd', 'RBD'], ['quobyte', 'Quobyte'], ['iscsi', 'ISCSI'], ['flexVolume', 'FlexVolume'], ['cinder', 'Cinder'], ['cephfs', 'CephFS'], ['fc', 'FC'],
  ['flocker', 'Flocker'], ['azureFile', 'AzureFile'], ['vsphereVolume', 'VsphereVolume'], ['azureDisk', 'AzureDisk'],
  ['photonPersistentDisk', 'PhotonPersistentDisk'], ['portworxVolume', 'PortworxVolume'], ['scaleIO', 'ScaleIO'], ['local', 'Local'], ['storageos', 'StorageOS'],
  ['csi', 'CSI'],
] as const;

function goJson(source: Source): string {
  const fields = goSources.map(([name, goName]) => [goName, goFields(source[name], name)]);
  return JSON.stringify(Object.fromEntries(fields), undefined, 1);
}

type GoField = readonly [name: string, goName: string, unset: unknown];
const secretFields: readonly GoField[] = [['name', 'Name', ''], ['namespace', 'Namespace', '']];

/** All fields of the sources that Drydock runs, as Go has them. */
const goFieldsOf: Readonly<Record<string, readonly GoField[]>> = {
  hostPath: [['path', 'Path', ''], ['type', 'Type', null]],
  nfs: [['server', 'Server', ''], ['path', 'Path', ''], ['readOnly', 'ReadOnly', false]],
  local: [['path', 'Path', ''], ['fsType', 'FSType', null]],
  csi: [
    ['driver', 'Driver', ''], ['volumeHandle', 'VolumeHandle', ''], ['readOnly', 'ReadOnly', false], ['fsType', 'FSType', ''], ['volumeAttributes', 'VolumeAttributes', null],
    ['controllerPublishSecretRef', 'ControllerPublishSecretRef', null], ['nodeStageSecretRef', 'NodeStageSecretRef', null],
    ['nodePublishSecretRef', 'NodePublishSecretRef', null], ['controllerExpandSecretRef', 'ControllerExpandSecretRef', null],
    ['nodeExpandSecretRef', 'NodeExpandSecretRef', null],
  ],
};

function goFields(source: unknown, name: string): unknown {
  if (typeof source !== 'object' || source === null) return source ?? null;
  const fields = goFieldsOf[name] ?? Object.keys(source).map((key): GoField => [key, key.charAt(0).toUpperCase() + key.slice(1), null]);
  return Object.fromEntries(fields.map(([key, goName, unset]) => {
    const value = (source as Readonly<Record<string, unknown>>)[key];
    return [goName, goName.endsWith('SecretRef') ? withGoNames(value) : value ?? unset];
  }));
}

function withGoNames(reference: unknown): unknown {
  if (typeof reference !== 'object' || reference === null) return null;
  return Object.fromEntries(secretFields.map(([key, goName, unset]) => [goName, (reference as Readonly<Record<string, unknown>>)[key] ?? unset]));
}

/** Labels that came out of beta mean what the old ones did. Kubernetes: core validation, betaToGALabel. */
const stableLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);

/** True where nothing has changed but labels that came out of beta. Kubernetes: validatePvNodeAffinity. */
function sameAffinity(next: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean {
  const terms = next?.required?.nodeSelectorTerms ?? [];
  const before = old.required?.nodeSelectorTerms?.map((term, index) => {
    if (!term.matchExpressions) return term;
    const matchExpressions = term.matchExpressions.map((requirement, at) => {
      const key = terms[index]?.matchExpressions?.[at]?.key;
      return key !== undefined && stableLabels.get(requirement.key) === key ? { ...requirement, key } : requirement;
    });
    return { ...term, matchExpressions };
  });
  return sameValue(terms, before);
}

/** Kubernetes: pkg/api/persistentvolume, GetWarningsForPersistentVolume. */
function volumeWarnings({ metadata, spec }: PersistentVolume): string[] {
  const warnings: string[] = [];
  for (const [key, text] of deprecatedAnnotations) if (metadata.annotations?.[key] !== undefined) warnings.push(`metadata.annotations[${key}]: ${text}`);
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    warnings.push('spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.');
  }
  spec.nodeAffinity?.required?.nodeSelectorTerms?.forEach((term, index) => {
    nodeTermWarnings(term, false, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, warnings);
  });
  for (const [source, field, text] of deprecatedSources) if (spec[source]) warnings.push(`spec.${field}: ${text}`);
  return warnings;
}
