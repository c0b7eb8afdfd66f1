import { defineResource } from '../core/define.ts';
import { sameValue } from '../core/equality.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { validateNodeSelector } from '../core/persistent-volume-spec.ts';
import { validateDriverName } from '../core/persistent-volume-sources.ts';
import { bumpGeneration, withGeneration } from '../core/strategy-parts.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { formatTime } from '../time.ts';
import type { CounterSet, ResourcePool, ResourceSlice, ResourceSliceSpec } from '../types.ts';
import { validateMap, validateSet } from './collections.ts';
import { validateDevice, withTaintTimes, withoutAlphaFields } from './device.ts';
import { validateLabelLikeName, validatePoolName } from './names.ts';

const deviceCountMax = 128;
/** Where devices have taints or consume counters. */
const advancedDeviceCountMax = 64;
const counterSetCountMax = 8;
const counterCountMax = 32;
const labelLengthMax = 63;
const exactlyOneText = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

/** Kubernetes: pkg/registry/resource/resourceslice. */
export const resourceSlices = defineResource<ResourceSlice>({
  group: 'resource.k8s.io', resource: 'resourceslices', kind: 'ResourceSlice', namespaced: false, schema: 'io.k8s.api.resource.v1.ResourceSlice',
  selectableFields: { 'spec.nodeName': ({ spec }) => spec.nodeName ?? '', 'spec.driver': ({ spec }) => spec.driver ?? '' },
  columns: [
    nameColumn,
    column('Node', 'string', 'Where the devices are.', ({ spec }) => spec.nodeName ?? ''),
    column('Driver', 'string', 'The driver that knows them.', ({ spec }) => spec.driver ?? ''),
    column('Pool', 'string', 'The pool that they belong to.', ({ spec }) => spec.pool?.name ?? ''),
    ageColumn,
  ],
  strategy: {
    defaults: (slice) => (slice.spec ? slice : { ...slice, spec: { driver: '', pool: { name: '', generation: 0, resourceSliceCount: 0 } } }),
    prepareForCreate: (slice) => withGeneration(withDevices(slice, undefined, slice.metadata.creationTimestamp), 1),
    prepareForUpdate(given, old, nowMs) {
      const next = withDevices(given, old, nowMs === undefined ? undefined : formatTime(nowMs));
      return bumpGeneration(next, old, !sameValue(next.spec, old.spec));
    },
    validateCreate(slice) {
      const errors = validateObjectMeta(slice.metadata, false, nameIsDnsSubdomain);
      validateSpec(slice.spec, undefined, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      validateSpec(next.spec, old.spec, errors);
      return errors;
    },
    warnings({ spec: { driver } }) {
      if (driver === driver.toLowerCase()) return [];
      return [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

function withDevices(slice: ResourceSlice, old: ResourceSlice | undefined, now: string | undefined): ResourceSlice {
  const { devices } = slice.spec;
  if (!devices) return slice;
  const complete = withTaintTimes(withoutAlphaFields(devices, old?.spec.devices ?? []), now);
  return complete === devices ? slice : { ...slice, spec: { ...slice.spec, devices: complete } };
}

/** Kubernetes: resource validation, validateResourceSliceSpec. */
function validateSpec(spec: ResourceSliceSpec, old: ResourceSliceSpec | undefined, errors: FieldError[]): void {
  validateDriverName(spec.driver, 'spec.driver', errors);
  validatePool(spec.pool ?? {}, 'spec.pool', errors);
  if (old !== undefined) {
    validateImmutable(spec.pool?.name, old.pool.name, 'spec.pool.name', errors, '');
    validateImmutable(spec.driver, old.driver, 'spec.driver', errors, '');
    validateImmutable(spec.nodeName, old.nodeName, 'spec.nodeName', errors);
  }
  validatePlace(spec, errors);
  const { devices, sharedCounters } = spec;
  if (devices && sharedCounters) errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  const isAdvanced = devices?.some(({ taints = [], consumesCounters = [] }) => taints.length > 0 || consumesCounters.length > 0) === true;
  validateSet(devices ?? [], isAdvanced ? advancedDeviceCountMax : deviceCountMax, 'spec.devices', errors, ({ name }) => name ?? '', (device, path) => {
    validateDevice(device, old?.devices?.find(({ name }) => name === device.name), spec.perDeviceNodeSelection === true, path, errors);
  });
  validateSet(sharedCounters ?? [], counterSetCountMax, 'spec.sharedCounters', errors, ({ name }) => name ?? '', (set, path) => validateCounterSet(set, path, errors));
}

function validatePool({ name, resourceSliceCount = 0, generation = 0 }: Partial<ResourcePool>, path: string, errors: FieldError[]): void {
  validatePoolName(name, `${path}.name`, errors);
  if (resourceSliceCount <= 0) errors.push(invalid(`${path}.resourceSliceCount`, resourceSliceCount, 'must be greater than zero'));
  if (generation < 0) errors.push(invalid(`${path}.generation`, generation, 'must be greater than or equal to zero'));
}

/** The nodes that reach the devices, said in exactly one of four ways. */
function validatePlace({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec, errors: FieldError[]): void {
  const ways: string[] = [];
  if (nodeName === '') {
    errors.push(invalid('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'));
  } else if (nodeName !== undefined) {
    ways.push('`nodeName`');
    for (const text of dns1123SubdomainErrors(nodeName)) errors.push(invalid('spec.nodeName', nodeName, text));
  }
  if (nodeSelector) {
    ways.push('`nodeSelector`');
    validateNodeSelector(nodeSelector, 'spec.nodeSelector', errors);
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1) errors.push(invalid('spec.nodeSelector.nodeSelectorTerms', terms, 'must have exactly one node selector term'));
  }
  for (const [field, value] of [['allNodes', allNodes], ['perDeviceNodeSelection', perDeviceNodeSelection]] as const) {
    if (value === true) ways.push(`\`${field}\``);
    else if (value === false) errors.push(invalid(`spec.${field}`, value, 'must be either unset or set to true'));
  }
  if (ways.length === 0) errors.push(required('spec', exactlyOneText));
  else if (ways.length > 1) errors.push(invalid('spec', `{${ways.join(', ')}}`, `${exactlyOneText}, but multiple fields are set`));
}

function validateCounterSet({ name, counters = {} }: CounterSet, path: string, errors: FieldError[]): void {
  if (!name) errors.push(required(`${path}.name`));
  else validateLabelLikeName(name, `${path}.name`, errors);
  if (Object.keys(counters).length === 0) errors.push(required(`${path}.counters`));
  else validateMap(counters, counterCountMax, labelLengthMax, `${path}.counters`, errors, validateLabelLikeName);
}
