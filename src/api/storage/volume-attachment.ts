import { defineResource, statusSubresource } from '../core/define.ts';
import { nameIsDnsSubdomain, utf8Length, validateImmutable, validateObjectMeta } from '../core/object-meta.ts';
import { validateDriverName } from '../core/persistent-volume-sources.ts';
import { defaultVolumeParts, validateVolumeSpec } from '../core/persistent-volume-spec.ts';
import { withMetadataForStatus } from '../core/status-metadata.ts';
import { withSpecOf, withStatusOf } from '../core/strategy-parts.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec, VolumeAttachmentStatus, VolumeError } from '../types.ts';

const metadataBytesMax = 256 * 1024;
const messageBytesMax = 1024;
const exactlyOneText = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

/** Kubernetes: pkg/registry/storage/volumeattachment. */
export const volumeAttachments = defineResource<VolumeAttachment>({
  group: 'storage.k8s.io', resource: 'volumeattachments', kind: 'VolumeAttachment', namespaced: false, schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  subresources: [statusSubresource('VolumeAttachment')],
  columns: [
    nameColumn,
    { ...column<VolumeAttachment>('Attacher', 'string', 'The driver that attaches it.', ({ spec }) => spec.attacher ?? ''), format: 'name' },
    column('PV', 'string', 'The volume.', ({ spec }) => spec.source?.persistentVolumeName ?? ''),
    column('Node', 'string', 'Where it is to be.', ({ spec }) => spec.nodeName ?? ''),
    column('Attached', 'boolean', 'Whether it is there.', ({ status }) => status?.attached === true),
    ageColumn,
  ],
  strategy: {
    defaults: defaultAttachment,
    prepareForCreate: (attachment) => ({ ...attachment, status: { attached: false } }),
    prepareForUpdate: withStatusOf,
    validateCreate: validateAttachment,
    validateUpdate: validateAttachmentUpdate,
    prepareForStatusUpdate: (next, old) => withMetadataForStatus(withSpecOf(next, old), old),
    validateStatusUpdate: validateAttachmentUpdate,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** Kubernetes: pkg/apis/storage/v1, SetObjectDefaults_VolumeAttachment. */
function defaultAttachment(attachment: VolumeAttachment): VolumeAttachment {
  const given: VolumeAttachmentSpec = attachment.spec ?? { attacher: '', source: {}, nodeName: '' };
  const source: VolumeAttachmentSource = given.source ?? {};
  const inline = source.inlineVolumeSpec && defaultVolumeParts(source.inlineVolumeSpec);
  if (given === attachment.spec && source === given.source && inline === source.inlineVolumeSpec) return attachment;
  return { ...attachment, spec: { ...given, source: { ...source, ...(inline && { inlineVolumeSpec: inline }) } } };
}

/** Kubernetes: storage validation, ValidateVolumeAttachmentUpdate. */
function validateAttachmentUpdate(next: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  const errors = validateAttachment(next);
  validateImmutable(next.spec, old.spec, 'spec', errors);
  return errors;
}

/** Kubernetes: storage validation, ValidateVolumeAttachment. */
function validateAttachment({ metadata, spec, status }: VolumeAttachment): FieldError[] {
  const errors = validateObjectMeta(metadata, false, nameIsDnsSubdomain);
  validateDriverName(spec.attacher, 'spec.attacher', errors);
  validateSource(spec.source, errors);
  for (const text of dns1123SubdomainErrors(spec.nodeName ?? '')) errors.push(invalid('spec.nodeName', spec.nodeName ?? '', text));
  if (status) validateStatus(status, errors);
  const name = spec.source.persistentVolumeName;
  if (name !== undefined) for (const text of dns1123SubdomainErrors(name)) errors.push(invalid('spec.source.persistentVolumeName', name, text));
  return errors;
}

function validateSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, errors: FieldError[]): void {
  const path = 'spec.source';
  if (!inlineVolumeSpec && persistentVolumeName === undefined) errors.push(required(path, exactlyOneText));
  else if (inlineVolumeSpec && persistentVolumeName !== undefined) errors.push(forbidden(path, exactlyOneText));
  else if (inlineVolumeSpec) validateVolumeSpec(inlineVolumeSpec, '', true, `${path}.inlineVolumeSpec`, errors);
  else if (persistentVolumeName === '') errors.push(required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName'));
}

function validateStatus({ attachmentMetadata, attachError, detachError }: VolumeAttachmentStatus, errors: FieldError[]): void {
  let bytes = 0;
  for (const key in attachmentMetadata) bytes += utf8Length(key) + utf8Length(attachmentMetadata[key] ?? '');
  if (bytes > metadataBytesMax) errors.push(tooLong('status.attachmentMetadata', metadataBytesMax));
  validateVolumeError(attachError, 'status.attachError', errors);
  validateVolumeError(detachError, 'status.detachError', errors);
}

function validateVolumeError(error: VolumeError | undefined, path: string, errors: FieldError[]): void {
  if (!error) return;
  // upstream names the limit of metadata here
  if (utf8Length(error.message ?? '') > messageBytesMax) errors.push(tooLong(`${path}.message`, metadataBytesMax));
  const { errorCode } = error;
  if (errorCode !== undefined && errorCode < 0) errors.push(invalid(`${path}.errorCode`, errorCode, `must be between 0 and ${2 ** 31 - 1}, inclusive`));
}
