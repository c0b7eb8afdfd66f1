import { forbidden, invalid, required, tooLong, type FieldError } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import {
  dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors, maskTrailingDash, pathSegmentNameErrors, qualifiedNameErrors,
} from '../names.ts';
import type { LabelSelector, ObjectMeta, OwnerReference } from '../types.ts';
import { sameValue } from './equality.ts';

type StringMap = Readonly<Record<string, string>>;

/** What is wrong with a name; isPrefix: it is a generateName, to which a suffix will be added. */
export type NameRule = (name: string, isPrefix: boolean) => readonly string[];

/** All annotations of an object together, keys and values. Kubernetes: TotalAnnotationSizeLimitB. */
const annotationBytesMax = 256 * 1024;
export const immutableFieldText = 'field is immutable';
export const notNegativeText = 'must be greater than or equal to 0';

export const nameIsDnsSubdomain: NameRule = (name, isPrefix) => dns1123SubdomainErrors(isPrefix ? maskTrailingDash(name) : name);
export const nameIsDnsLabel: NameRule = (name, isPrefix) => dns1123LabelErrors(isPrefix ? maskTrailingDash(name) : name);

/** Names that only have to be one segment of a URL path: RBAC's. */
export const nameIsPathSegment: NameRule = (name) => pathSegmentNameErrors(name);

/** Metadata of an object to be created. Kubernetes: apimachinery/pkg/api/validation, ValidateObjectMeta. */
export function validateObjectMeta(meta: ObjectMeta, namespaced: boolean, rule: NameRule, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName, namespace } = meta;
  if (generateName !== undefined && generateName !== '') {
    for (const text of rule(generateName, true)) errors.push(invalid(`${path}.generateName`, generateName, text));
  }
  if (name === undefined || name === '') errors.push(required(`${path}.name`, 'name or generateName is required'));
  else for (const text of rule(name, false)) errors.push(invalid(`${path}.name`, name, text));
  if (namespaced) {
    if (namespace === undefined || namespace === '') errors.push(required(`${path}.namespace`));
    else for (const text of dns1123LabelErrors(namespace)) errors.push(invalid(`${path}.namespace`, namespace, text));
  } else if (namespace !== undefined && namespace !== '') {
    errors.push(forbidden(`${path}.namespace`, 'not allowed on this type'));
  }
  if (meta.generation !== undefined && meta.generation < 0) errors.push(invalid(`${path}.generation`, meta.generation, notNegativeText));
  validateMetaParts(meta, path, errors);
  if (meta.finalizers !== undefined) validateFinalizers(meta.finalizers, `${path}.finalizers`, errors);
  return errors;
}

/** What may change in metadata. Kubernetes: apimachinery/pkg/api/validation, ValidateObjectMetaUpdate. */
export function validateObjectMetaUpdate(next: ObjectMeta, old: ObjectMeta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (next === old) return errors;
  if (old.deletionTimestamp !== undefined) {
    const before = new Set(old.finalizers ?? []);
    const added = (next.finalizers ?? []).filter((finalizer) => !before.has(finalizer)).sort();
    if (added.length > 0) {
      const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      errors.push(forbidden(`${path}.finalizers`, `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`));
    }
  }
  if (next.resourceVersion === undefined || next.resourceVersion === '') errors.push(invalid(`${path}.resourceVersion`, '', 'must be specified for an update'));
  if ((next.generation ?? 0) < (old.generation ?? 0)) errors.push(invalid(`${path}.generation`, next.generation ?? 0, 'must not be decremented'));
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((next[field] ?? '') !== (old[field] ?? '')) errors.push(invalid(`${path}.${field}`, next[field] ?? (field.startsWith('deletion') ? null : ''), immutableFieldText));
  }
  validateMetaParts(next, path, errors, old);
  return errors;
}

/** Labels, annotations and owners; parts that are the same object as in old were valid then. */
function validateMetaParts(meta: ObjectMeta, path: string, errors: FieldError[], old?: ObjectMeta): void {
  if (meta.labels !== undefined && meta.labels !== old?.labels) validateLabels(meta.labels, `${path}.labels`, errors);
  if (meta.annotations !== undefined && meta.annotations !== old?.annotations) validateAnnotations(meta.annotations, `${path}.annotations`, errors);
  if (meta.ownerReferences !== undefined && meta.ownerReferences !== old?.ownerReferences) {
    validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`, errors);
  }
}

/** Label maps that were found valid and cannot change any more: pods of one template share them. */
const validMaps = new WeakSet<object>();

/** Kubernetes: metav1 validation, ValidateLabels. */
export function validateLabels(labels: StringMap, path: string, errors: FieldError[]): void {
  if (validMaps.has(labels)) return;
  const countBefore = errors.length;
  for (const key in labels) {
    validateLabelName(key, path, errors);
    const value = labels[key] ?? '';
    for (const text of labelValueErrors(value)) errors.push(invalid(path, value, text));
  }
  if (errors.length === countBefore && Object.isFrozen(labels)) validMaps.add(labels);
}

/** Kubernetes: metav1 validation, ValidateLabelName. */
export function validateLabelName(name: string, path: string, errors: FieldError[]): void {
  for (const text of qualifiedNameErrors(name)) errors.push(invalid(path, name, text));
}

/** Keys, and the size of all together. Kubernetes: apimachinery/pkg/api/validation, ValidateAnnotations. */
export function validateAnnotations(annotations: StringMap, path: string, errors: FieldError[]): void {
  let bytes = 0;
  for (const key in annotations) {
    for (const text of qualifiedNameErrors(key.toLowerCase())) errors.push(invalid(path, key, text));
    bytes += utf8Length(key) + utf8Length(annotations[key] ?? '');
  }
  if (bytes > annotationBytesMax) errors.push(tooLong(path, annotationBytesMax));
}

/** Bytes of text in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (unit >= 0xd800 && unit <= 0xdbff) {
      bytes -= 1; // a surrogate pair is four bytes for two units: this unit and the next add one each
      const next = text.charCodeAt(index + 1);
      if (next >= 0xdc00 && next <= 0xdfff) {
        index += 1;
        bytes += 1;
      }
    }
  }
  return bytes;
}

function validateOwnerReferences(references: readonly OwnerReference[], path: string, errors: FieldError[]): void {
  let firstController = '';
  for (const reference of references) {
    const version = reference.apiVersion?.includes('/') ? reference.apiVersion.slice(reference.apiVersion.indexOf('/') + 1) : reference.apiVersion;
    if (version === undefined || version === '') errors.push(invalid(`${path}.apiVersion`, reference.apiVersion ?? '', 'version must not be empty'));
    if (!reference.kind) errors.push(invalid(`${path}.kind`, '', 'must not be empty'));
    if (!reference.name) errors.push(invalid(`${path}.name`, '', 'must not be empty'));
    if (!reference.uid) errors.push(invalid(`${path}.uid`, '', 'must not be empty'));
    if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
      errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (reference.controller !== true) continue;
    const controller = `${reference.kind}/${reference.name}`;
    if (firstController === '') firstController = controller;
    else errors.push(invalid(path, references, `Only one reference can have Controller set to true. Found "true" in references for ${firstController} and ${controller}`));
  }
}

/** Finalizer names that need no domain. Kubernetes: pkg/apis/core/helper, standardFinalizers. */
const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function validateFinalizers(finalizers: readonly string[], path: string, errors: FieldError[]): void {
  for (const finalizer of finalizers) for (const text of qualifiedNameErrors(finalizer)) errors.push(invalid(path, finalizer, text));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  finalizers.forEach((finalizer, index) => validateStandardFinalizer(finalizer, `${path}[${index}]`, errors));
}

/** A finalizer is a qualified name; without a domain it has to be one of Kubernetes' own. Kubernetes: core validation, ValidateFinalizerName. */
export function validateFinalizerName(finalizer: string, path: string, errors: FieldError[]): void {
  for (const text of qualifiedNameErrors(finalizer)) errors.push(invalid(path, finalizer, text));
  validateStandardFinalizer(finalizer, path, errors);
}

function validateStandardFinalizer(finalizer: string, path: string, errors: FieldError[]): void {
  if (!finalizer.includes('/') && !standardFinalizers.has(finalizer)) {
    errors.push(invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
}

/** Kubernetes: metav1 validation, ValidateLabelSelector. */
export function validateLabelSelector(selector: LabelSelector, path: string, errors: FieldError[]): void {
  if (selector.matchLabels !== undefined) validateLabels(selector.matchLabels, `${path}.matchLabels`, errors);
  selector.matchExpressions?.forEach((requirement, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    const values = requirement.values ?? [];
    switch (requirement.operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        break;
      default:
        errors.push(invalid(`${at}.operator`, requirement.operator ?? '', 'not a valid selector operator'));
    }
    validateLabelName(requirement.key ?? '', `${at}.key`, errors);
    values.forEach((value, valueIndex) => {
      for (const text of labelValueErrors(value)) errors.push(invalid(`${at}.values[${valueIndex}]`, value, text));
    });
  });
}

/** An error where a field that may not change has changed; whenUnset is what upstream prints for a missing value: "null" for pointers. Kubernetes: ValidateImmutableField. */
export function validateImmutable(next: unknown, old: unknown, path: string, errors: FieldError[], whenUnset: unknown = null): void {
  if (!sameValue(next, old)) errors.push(invalid(path, next ?? whenUnset, immutableFieldText));
}

/** An error where a number is below zero. */
export function validateNonNegative(value: number | undefined, path: string, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(invalid(path, value, notNegativeText));
}

/** The owner that manages the object, if any. Kubernetes: metav1.GetControllerOf. */
export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** A count that only grows went back, or is gone. Kubernetes: core validation, IsDecremented. */
export function isDecremented(next: number | undefined, old: number | undefined): boolean {
  return old !== undefined && (next === undefined || next < old);
}
