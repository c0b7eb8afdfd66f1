import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { qualifiedNameErrors } from '../names.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.ts';
import { compareQuantities, isQuantity, parseQuantity, quantityValue } from '../quantity.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus, TypedLocalObjectReference } from '../types.ts';
import { accessModesText, storageClassAnnotation, storageClassOf } from './access-modes.ts';
import { claimSpecWarnings, defaultClaimSpec, validateClaimSpec } from './claim-spec.ts';
import { defineResource, statusSubresource } from './define.ts';
import { sameValue } from './equality.ts';
import { immutableFieldText, nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { defaultResourceList } from './pod-spec/resource-defaults.ts';
import { validateResourceQuantity } from './pod-spec/resources.ts';
import { isNativeResource } from './resource-names.ts';
import { withSpecOf, withStatusOf } from './strategy-parts.ts';
import { unifiedDiff } from './unified-diff.ts';

const resizeStatuses = ['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending'].sort();
const immutableText = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
const classPath = 'spec.volumeAttributesClassName';

/** Kubernetes: pkg/registry/core/persistentvolumeclaim. */
export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: '', resource: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', namespaced: true, shortNames: ['pvc'],
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  subresources: [statusSubresource('PersistentVolumeClaim')],
  columns: [
    nameColumn,
    column('Status', 'string', 'Whether it has a volume.', ({ metadata, status }) => (metadata.deletionTimestamp === undefined ? status?.phase ?? '' : 'Terminating')),
    column('Volume', 'string', 'The volume that it is bound to.', ({ spec }) => spec.volumeName ?? ''),
    column('Capacity', 'string', 'What the volume holds.', ({ spec, status }) => (spec.volumeName ? status?.capacity?.['storage'] ?? '0' : '')),
    column('Access Modes', 'string', 'In which ways the volume can be mounted.', ({ spec, status }) => (spec.volumeName ? accessModesText(status?.accessModes) : '')),
    column('StorageClass', 'string', 'The class of storage that it asks for.', (claim) => storageClassOf(claim)),
    column('VolumeAttributesClass', 'string', 'The class of attributes that it asks for.', ({ spec }) => spec.volumeAttributesClassName ?? '<unset>'),
    ageColumn,
    wideColumn('VolumeMode', 'string', 'A file system or a bare device.', ({ spec }) => spec.volumeMode ?? '<unset>'),
  ],
  strategy: {
    defaults: defaultClaim,
    prepareForCreate: (claim) => withDataSources({ ...claim, status: { phase: 'Pending' } }, undefined),
    prepareForUpdate: (next, old) => withDataSources(withStatusOf(next, old), old),
    validateCreate: validateClaim,
    validateUpdate: validateClaimUpdate,
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if ((next.spec.accessModes ?? []).length === 0) errors.push(required('Spec.accessModes'));
      validateStatus(next.status ?? {}, errors);
      return errors;
    },
    warnings({ metadata, spec }) {
      const warnings: string[] = [];
      if (metadata.annotations?.[storageClassAnnotation] !== undefined) {
        warnings.push(`metadata.annotations[${storageClassAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`);
      }
      claimSpecWarnings(spec, 'spec', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/core/v1, SetDefaults_PersistentVolumeClaim. */
function defaultClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const spec = defaultClaimSpec(claim.spec ?? {});
  const status = defaultStatus(claim.status);
  return spec === claim.spec && status === claim.status ? claim : { ...claim, spec, status };
}

function defaultStatus(status: PersistentVolumeClaimStatus | undefined): PersistentVolumeClaimStatus {
  const capacity = status?.capacity && defaultResourceList(status.capacity);
  const allocatedResources = status?.allocatedResources && defaultResourceList(status.allocatedResources);
  if (status?.phase && capacity === status.capacity && allocatedResources === status.allocatedResources) return status;
  return { ...status, phase: status?.phase || 'Pending', ...(capacity && { capacity }), ...(allocatedResources && { allocatedResources }) };
}

/** A source that was never supported is dropped, and one in another namespace, which is behind a feature that is off. Kubernetes: pkg/api/persistentvolumeclaim. */
function withDataSources(claim: PersistentVolumeClaim, old: PersistentVolumeClaim | undefined): PersistentVolumeClaim {
  let { spec } = claim;
  if (spec.dataSourceRef?.namespace && old?.spec.dataSourceRef === undefined) {
    const { dataSourceRef: _dropped, ...kept } = spec;
    spec = kept;
  }
  const { dataSource } = spec;
  const hadSource = old?.spec.dataSource !== undefined || old?.spec.dataSourceRef !== undefined;
  if (dataSource && !spec.dataSourceRef && !hadSource && !isSupportedSource(dataSource)) {
    const { dataSource: _dropped, ...kept } = spec;
    spec = kept;
  }
  spec = withSameSources(spec);
  return spec === claim.spec ? claim : { ...claim, spec };
}

function isSupportedSource({ apiGroup, kind }: TypedLocalObjectReference): boolean {
  return (kind === 'PersistentVolumeClaim' && !apiGroup) || (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io');
}

/** dataSource and dataSourceRef say the same, whichever was given. Kubernetes: NormalizeDataSources. */
function withSameSources(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) return { ...spec, dataSourceRef: dataSource };
  if (!dataSourceRef || dataSource || dataSourceRef.namespace) return spec;
  const { namespace: _namespace, ...local } = dataSourceRef;
  return { ...spec, dataSource: local };
}

/** Kubernetes: core validation, ValidatePersistentVolumeClaim. */
function validateClaim({ metadata, spec }: PersistentVolumeClaim): FieldError[] {
  const errors = validateObjectMeta(metadata, true, nameIsDnsSubdomain);
  validateClaimSpec(spec, 'spec', errors);
  return errors;
}

/** Kubernetes: core validation, ValidatePersistentVolumeClaimUpdate. */
function validateClaimUpdate(next: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  for (const error of validateClaim(next)) errors.push(error);
  const [comparedNext, comparedOld] = withoutChangesAllowed(next, old, errors);
  if (!sameValue(comparedNext, comparedOld)) {
    errors.push(forbidden('spec', `${immutableText}\n${unifiedDiff(goJson(comparedOld), goJson(comparedNext))}`));
  }
  validateSize(next, old, errors);
  validateImmutable(next.spec.volumeMode, old.spec.volumeMode, 'volumeMode', errors);
  if (next.spec.volumeAttributesClassName !== old.spec.volumeAttributesClassName && old.status?.currentVolumeAttributesClassName !== undefined) {
    const name = next.spec.volumeAttributesClassName;
    const when = 'is forbidden when status.currentVolumeAttributesClassName is not nil';
    if (name === undefined) errors.push(forbidden(classPath, `update to nil ${when}`));
    else if (name === '') errors.push(forbidden(classPath, `update to empty string ${when}`));
  }
  return errors;
}

/** Both specs with that evened out which may change: the volume's name once, the class that an annotation or nobody named, the size of bound claims. */
function withoutChangesAllowed(
  next: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldError[],
): readonly [PersistentVolumeClaimSpec, PersistentVolumeClaimSpec] {
  const spec = { ...next.spec } as { -readonly [K in keyof PersistentVolumeClaimSpec]: PersistentVolumeClaimSpec[K] };
  const before = { ...withSameSources(old.spec) } as { -readonly [K in keyof PersistentVolumeClaimSpec]: PersistentVolumeClaimSpec[K] };
  if (!before.volumeName && spec.volumeName !== undefined) before.volumeName = spec.volumeName;
  const oldAnnotation = old.metadata.annotations?.[storageClassAnnotation];
  const newAnnotation = next.metadata.annotations?.[storageClassAnnotation];
  const isNewlyNamed = spec.storageClassName !== undefined && before.storageClassName === undefined;
  if (isNewlyNamed && oldAnnotation === spec.storageClassName && (newAnnotation === undefined || newAnnotation === oldAnnotation)) {
    delete spec.storageClassName;
  } else {
    if ((newAnnotation ?? '') !== (oldAnnotation ?? '')) {
      errors.push(invalid(`metadata.annotations.${storageClassAnnotation}`, newAnnotation ?? '', immutableFieldText));
    }
    if (isNewlyNamed && (oldAnnotation === undefined || oldAnnotation === spec.storageClassName)) delete spec.storageClassName;
  }
  if (next.status?.phase !== 'Bound') return [spec, before];
  const storage = before.resources?.requests?.['storage'];
  if (spec.resources?.requests && storage !== undefined) spec.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage } };
  if (before.volumeAttributesClassName === undefined) delete spec.volumeAttributesClassName;
  else spec.volumeAttributesClassName = before.volumeAttributesClassName;
  return [spec, before];
}

/** Claims may shrink only to what has not been provisioned yet. */
function validateSize(next: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldError[]): void {
  const amount = (text: string | undefined) => parseQuantity(text !== undefined && isQuantity(text) ? text : '0');
  const size = amount(next.spec.resources?.requests?.['storage']);
  if (compareQuantities(size, amount(old.spec.resources?.requests?.['storage'])) >= 0) return;
  if (compareQuantities(size, amount(old.status?.capacity?.['storage'])) > 0) return;
  errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
}

/** The spec as Go prints it: all fields, in their order. */
function goJson(spec: PersistentVolumeClaimSpec): string {
  const source = spec.dataSource && { APIGroup: spec.dataSource.apiGroup ?? null, Kind: spec.dataSource.kind, Name: spec.dataSource.name };
  const reference = spec.dataSourceRef && {
    APIGroup: spec.dataSourceRef.apiGroup ?? null, Kind: spec.dataSourceRef.kind, Name: spec.dataSourceRef.name, Namespace: spec.dataSourceRef.namespace ?? null,
  };
  const sorted = (list: Readonly<Record<string, string>> | undefined) => (list ? Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1))) : null);
  return JSON.stringify({
    AccessModes: spec.accessModes ?? null,
    Selector: spec.selector ?? null,
    Resources: { Limits: sorted(spec.resources?.limits), Requests: sorted(spec.resources?.requests) },
    VolumeName: spec.volumeName ?? '',
    StorageClassName: spec.storageClassName ?? null,
    VolumeMode: spec.volumeMode ?? null,
    DataSource: source ?? null,
    DataSourceRef: reference ?? null,
    VolumeAttributesClassName: spec.volumeAttributesClassName ?? null,
  }, undefined, 1);
}

/** Kubernetes: core validation, ValidatePersistentVolumeClaimStatusUpdate. */
function validateStatus(status: PersistentVolumeClaimStatus, errors: FieldError[]): void {
  const { capacity, allocatedResources, allocatedResourceStatuses } = status;
  for (const name in capacity) validateAmount(capacity[name] ?? '', `status.capacity[${name}]`, errors);
  for (const name in allocatedResourceStatuses) {
    const path = 'status.allocatedResourceStatuses';
    validateResourceKey(name, path, errors);
    if (!resizeStatuses.includes(allocatedResourceStatuses[name] ?? '')) errors.push(notSupported(path, name, resizeStatuses));
  }
  for (const name in allocatedResources) {
    const path = 'status.allocatedResources';
    if (!validateResourceKey(name, path, errors)) continue;
    const text = allocatedResources[name] ?? '';
    if (validateAmount(text, `${path}[${name}]`, errors)) validateResourceQuantity('storage', text, `${path}[${name}]`, errors);
  }
}

function validateAmount(text: string, path: string, errors: FieldError[]): boolean {
  const isValid = isQuantity(text) && quantityValue(text) >= 0;
  if (!isValid) errors.push(invalid(path, isQuantity(text) ? quantityValue(text) : text, 'must be a valid resource quantity'));
  return isValid;
}

/** Of Kubernetes' own resources a claim has storage only. Kubernetes: validatePersistentVolumeClaimResourceKey. */
function validateResourceKey(name: string, path: string, errors: FieldError[]): boolean {
  const texts = qualifiedNameErrors(name);
  for (const text of texts) errors.push(invalid(path, name, text));
  if (texts.length > 0) return false;
  if (!isNativeResource(name) || name === 'storage') return true;
  errors.push(notSupported(path, name, ['storage']));
  return false;
}
