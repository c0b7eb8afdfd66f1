import { sameValue } from '../core/equality.ts';
import { validateLabelName } from '../core/object-meta.ts';
import { validateNodeSelector } from '../core/persistent-volume-spec.ts';
import { utf8Length } from '../core/object-meta.ts';
import { mapShared } from '../core/strategy-parts.ts';
import { forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import type { Device, DeviceAttribute, DeviceCounterConsumption, DeviceTaint } from '../types.ts';
import { validateBindingConditions } from './binding-conditions.ts';
import { validateList, validateMap, validateSet } from './collections.ts';
import { taintEffects } from './device-claim.ts';
import { validateLabelLikeName, validateLabelValue, validateQualifiedKey } from './names.ts';
import { validateRequestPolicy } from './request-policy.ts';

const partCountMax = 32;
const valueCountMax = 48;
const keyLengthMax = 63 + 1 + 32;
const labelLengthMax = 63;
const valueBytesMax = 64;
const taintCountMax = 16;
const consumptionCountMax = 2;
const counterCountMax = 32;
const semanticVersion = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const listFields = ['bools', 'ints', 'strings', 'versions'] as const;
const placeText = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

/** Lists of attributes and mappings to a node's resources are behind features that are off; who has them keeps them. */
export function withoutAlphaFields(devices: readonly Device[], old: readonly Device[]): readonly Device[] {
  const hasList = (attribute: DeviceAttribute) => listFields.some((field) => attribute[field] !== undefined);
  const keepsLists = old.some(({ attributes }) => Object.values(attributes ?? {}).some(hasList));
  const keepsMappings = old.some(({ nodeAllocatableResourceMappings }) => nodeAllocatableResourceMappings !== undefined);
  return mapShared(devices, (device) => {
    let result = device;
    if (!keepsMappings && result.nodeAllocatableResourceMappings) {
      const { nodeAllocatableResourceMappings: _mappings, ...rest } = result;
      result = rest;
    }
    if (keepsLists || !result.attributes || !Object.values(result.attributes).some(hasList)) return result;
    const attributes = Object.entries(result.attributes).map(([key, { bools: _bools, ints: _ints, strings: _strings, versions: _versions, ...single }]) => [key, single]);
    return { ...result, attributes: Object.fromEntries(attributes) as Readonly<Record<string, DeviceAttribute>> };
  });
}

/** Taints say since when. Kubernetes: pkg/apis/resource/v1, SetDefaults_DeviceTaint. */
export function withTaintTimes(devices: readonly Device[], now: string | undefined): readonly Device[] {
  if (now === undefined) return devices;
  return mapShared(devices, (device) => {
    const taints = device.taints && mapShared(device.taints, (taint) => (taint.timeAdded === undefined ? { ...taint, timeAdded: now } : taint));
    return !taints || taints === device.taints ? device : { ...device, taints };
  });
}

/** Kubernetes: resource validation, validateDevice. */
export function validateDevice(device: Device, old: Device | undefined, choosesNodes: boolean, path: string, errors: FieldError[]): void {
  validateLabelLikeName(device.name, `${path}.name`, errors);
  const { attributes = {}, capacity = {}, taints = [] } = device;
  const partCount = Object.keys(attributes).length + Object.keys(capacity).length;
  if (partCount > partCountMax) errors.push(invalid(path, partCount, `the total number of attributes and capacities must not exceed ${partCountMax}`));
  const valueCount = Object.values(attributes).reduce((count, attribute) => count + valuesIn(attribute), 0);
  if (valueCount > valueCountMax) errors.push(invalid(path, valueCount, `the total number of attribute values must not exceed ${valueCountMax}`));
  const unlimited = Number.POSITIVE_INFINITY;
  validateMap(attributes, unlimited, keyLengthMax, `${path}.attributes`, errors, validateQualifiedKey, (attribute, at) => validateAttribute(attribute, at, errors));
  validateMap(capacity, unlimited, keyLengthMax, `${path}.capacity`, errors, validateQualifiedKey, ({ value, requestPolicy }, at) => {
    if (!requestPolicy) return;
    if (device.allowMultipleAllocations === true) validateRequestPolicy(value, requestPolicy, `${at}.requestPolicy`, errors);
    else errors.push(forbidden(`${at}.requestPolicy`, 'allowMultipleAllocations must be true'));
  });
  if (old === undefined || !sameValue(old.taints, device.taints)) {
    validateList(taints, taintCountMax, `${path}.taints`, errors, (taint, at) => validateTaint(taint, at, errors));
  }
  const consumptions = device.consumesCounters ?? [];
  validateSet(consumptions, consumptionCountMax, `${path}.consumesCounters`, errors, ({ counterSet }) => counterSet ?? '', (item, at) => validateConsumption(item, at, errors));
  validatePlace(device, choosesNodes, path, errors);
  validateBindingConditions(device, path, errors);
}

function valuesIn(attribute: DeviceAttribute): number {
  return listFields.reduce((count, field) => count + (attribute[field]?.length ?? 0), 0) || 1;
}

/** Kubernetes: resource validation, validateDeviceAttribute. */
function validateAttribute(attribute: DeviceAttribute, path: string, errors: FieldError[]): void {
  const { string, version } = attribute;
  if (string !== undefined) validateText(string, `${path}.string`, errors);
  if (version !== undefined) validateVersion(version, `${path}.version`, errors);
  for (const field of listFields) {
    if (attribute[field]?.length === 0) errors.push(invalid(`${path}.${field}`, [], 'must not be empty if specified'));
    if (field === 'strings') attribute.strings?.forEach((text, index) => validateText(text, `${path}.strings[${index}]`, errors));
    if (field === 'versions') attribute.versions?.forEach((text, index) => validateVersion(text, `${path}.versions[${index}]`, errors));
  }
  const fieldCount = Object.values(attribute).filter((value) => value !== undefined).length;
  if (fieldCount !== 1) errors.push(invalid(path, fieldCount === 0 ? '' : attribute, 'exactly one value must be specified'));
}

function validateText(text: string, path: string, errors: FieldError[]): void {
  if (utf8Length(text) > valueBytesMax) errors.push(tooLong(path, valueBytesMax));
}

function validateVersion(text: string, path: string, errors: FieldError[]): void {
  if (!semanticVersion.test(text)) errors.push(invalid(path, text, 'must be a string compatible with semver.org spec 2.0.0'));
  validateText(text, path, errors);
}

function validateTaint({ key, value, effect }: DeviceTaint, path: string, errors: FieldError[]): void {
  validateLabelName(key ?? '', `${path}.key`, errors);
  if (value) validateLabelValue(value, `${path}.value`, errors);
  if (!effect) errors.push(required(`${path}.effect`));
  else if (!taintEffects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, taintEffects));
}

function validateConsumption({ counterSet, counters = {} }: DeviceCounterConsumption, path: string, errors: FieldError[]): void {
  if (!counterSet) errors.push(required(`${path}.counterSet`));
  else validateLabelLikeName(counterSet, `${path}.counterSet`, errors);
  if (Object.keys(counters).length === 0) errors.push(required(`${path}.counters`));
  else validateMap(counters, counterCountMax, labelLengthMax, `${path}.counters`, errors, validateLabelLikeName);
}

/** The nodes that reach this device, where the slice leaves that to its devices. */
function validatePlace({ nodeName, nodeSelector, allNodes }: Device, choosesNodes: boolean, path: string, errors: FieldError[]): void {
  if (!choosesNodes) {
    if (nodeName === undefined && !nodeSelector && allNodes === undefined) return;
    errors.push(invalid(path, null, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'));
    return;
  }
  const ways: string[] = [];
  if (nodeName === '') errors.push(invalid(`${path}.nodeName`, nodeName, 'must not be empty'));
  else if (nodeName !== undefined) {
    ways.push('`nodeName`');
    for (const text of dns1123SubdomainErrors(nodeName)) errors.push(invalid(`${path}.nodeName`, nodeName, text));
  }
  if (nodeSelector) {
    ways.push('`nodeSelector`');
    validateNodeSelector(nodeSelector, `${path}.nodeSelector`, errors);
  }
  if (allNodes === true) ways.push('`allNodes`');
  else if (allNodes === false) errors.push(invalid(`${path}.allNodes`, allNodes, 'must be either unset or set to true'));
  if (ways.length === 0) errors.push(required(path, placeText));
  else if (ways.length > 1) errors.push(invalid(path, `{${ways.join(', ')}}`, placeText));
}
