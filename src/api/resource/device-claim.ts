import { mapShared } from '../core/strategy-parts.ts';
import { validateLabelName } from '../core/object-meta.ts';
import { invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors } from '../names.ts';
import type {
  DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSubRequest, DeviceToleration, ExactDeviceRequest, ResourceClaimSpec,
} from '../types.ts';
import { validateList, validateSet } from './collections.ts';
import { configCountMax, validateDeviceConfiguration, validateDeviceSelectors } from './device-configuration.ts';
import { validateFullyQualifiedKey, validateLabelLikeName, validateLabelValue } from './names.ts';

const requestCountMax = 32;
const constraintCountMax = 32;
const alternativeCountMax = 8;
/** What a taint does to those who don't tolerate it, sorted. */
export const taintEffects: readonly string[] = ['NoExecute', 'NoSchedule', 'None'];
const requestRefText = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** Kubernetes: pkg/apis/resource/v1, SetDefaults_ExactDeviceRequest and SetDefaults_DeviceSubRequest. */
export function defaultClaimSpec(spec: ResourceClaimSpec): ResourceClaimSpec {
  const requests = spec.devices?.requests && mapShared(spec.devices.requests, defaultRequest);
  return !requests || requests === spec.devices?.requests ? spec : { ...spec, devices: { ...spec.devices, requests } };
}

function defaultRequest(request: DeviceRequest): DeviceRequest {
  const exactly = request.exactly && defaultAmount(request.exactly);
  const firstAvailable = request.firstAvailable && mapShared(request.firstAvailable, defaultAmount);
  if (exactly === request.exactly && firstAvailable === request.firstAvailable) return request;
  return { ...request, ...(exactly && { exactly }), ...(firstAvailable && { firstAvailable }) };
}

function defaultAmount<T extends ExactDeviceRequest | DeviceSubRequest>(request: T): T {
  const allocationMode = request.allocationMode || 'ExactCount';
  const needsCount = allocationMode === 'ExactCount' && !request.count;
  const tolerations = request.tolerations && defaultTolerations(request.tolerations);
  if (request.allocationMode && !needsCount && tolerations === request.tolerations) return request;
  return { ...request, allocationMode, ...(needsCount && { count: 1 }), ...(tolerations && { tolerations }) };
}

/** Tolerations ask for equality where they don't say. */
export function defaultTolerations(tolerations: readonly DeviceToleration[]): readonly DeviceToleration[] {
  return mapShared(tolerations, (toleration) => (toleration.operator ? toleration : { ...toleration, operator: 'Equal' }));
}

/** The names of a claim's requests, each with those of its alternatives. Kubernetes: resource validation, gatherRequestNames. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

/** The requests of a claim by name. */
export function requestNamesOf(spec: ResourceClaimSpec): RequestNames {
  return new Map((spec.devices?.requests ?? []).map(({ name, firstAvailable = [] }) => [name, new Set(firstAvailable.map((request) => request.name))]));
}

/** Kubernetes: resource validation, validateResourceClaimSpec. */
export function validateClaimSpec(spec: ResourceClaimSpec, path: string, errors: FieldError[]): void {
  const { requests = [], constraints = [], config = [] }: DeviceClaim = spec.devices ?? {};
  const names = requestNamesOf(spec);
  const at = `${path}.devices`;
  validateSet(requests, requestCountMax, `${at}.requests`, errors, ({ name }) => name ?? '', (request, requestPath) => validateRequest(request, requestPath, errors));
  validateList(constraints, constraintCountMax, `${at}.constraints`, errors, (constraint, constraintPath) => validateConstraint(constraint, names, constraintPath, errors));
  validateList(config, configCountMax, `${at}.config`, errors, (item, configPath) => {
    validateRequestRefs(item.requests ?? [], names, `${configPath}.requests`, errors);
    validateDeviceConfiguration(item, configPath, errors);
  });
}

function validateRequest(request: DeviceRequest, path: string, errors: FieldError[]): void {
  const { name, exactly, firstAvailable = [] } = request;
  validateLabelLikeName(name, `${path}.name`, errors);
  const hasAlternatives = firstAvailable.length > 0;
  if (!hasAlternatives && !exactly) {
    errors.push(required(path, 'exactly one of `exactly` or `firstAvailable` is required'));
  } else if (hasAlternatives && exactly) {
    errors.push(invalid(path, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'));
  } else if (exactly) {
    validateAmount(exactly, `${path}.exactly`, errors);
  } else {
    validateSet(firstAvailable, alternativeCountMax, `${path}.firstAvailable`, errors, (item) => item.name ?? '', (item, itemPath) => {
      validateLabelLikeName(item.name, `${itemPath}.name`, errors);
      validateAmount(item, itemPath, errors);
    });
  }
}

/** Kubernetes: resource validation, validateExactDeviceRequest and validateDeviceSubRequest. */
function validateAmount(request: ExactDeviceRequest | DeviceSubRequest, path: string, errors: FieldError[]): void {
  const { deviceClassName, allocationMode = '', count = 0 } = request;
  if (!deviceClassName) errors.push(required(`${path}.deviceClassName`));
  else for (const text of dns1123SubdomainErrors(deviceClassName)) errors.push(invalid(`${path}.deviceClassName`, deviceClassName, text));
  validateDeviceSelectors(request.selectors ?? [], `${path}.selectors`, errors);
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(`${path}.count`, count, 'must be greater than zero'));
  } else {
    errors.push(notSupported(`${path}.allocationMode`, allocationMode, ['All', 'ExactCount']));
  }
  request.tolerations?.forEach((toleration, index) => validateToleration(toleration, `${path}.tolerations[${index}]`, errors));
}

/** Kubernetes: resource validation, validateDeviceToleration. */
function validateToleration({ key, operator, value = '', effect }: DeviceToleration, path: string, errors: FieldError[]): void {
  if (key) validateLabelName(key, `${path}.key`, errors);
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(`${path}.value`, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') {
    validateLabelValue(value, `${path}.value`, errors);
  } else if (!operator) {
    errors.push(required(`${path}.operator`));
  } else {
    errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  }
  if (effect && !taintEffects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, taintEffects));
}

function validateConstraint(constraint: DeviceConstraint, names: RequestNames, path: string, errors: FieldError[]): void {
  const { requests = [], matchAttribute, distinctAttribute } = constraint;
  validateRequestRefs(requests, names, `${path}.requests`, errors);
  if (matchAttribute !== undefined) validateFullyQualifiedKey(matchAttribute, `${path}.matchAttribute`, errors);
  else if (distinctAttribute !== undefined) validateFullyQualifiedKey(distinctAttribute, `${path}.distinctAttribute`, errors);
  else errors.push(required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'));
}

/** References to requests, each once. */
export function validateRequestRefs(references: readonly string[], names: RequestNames, path: string, errors: FieldError[]): void {
  validateSet(references, requestCountMax, path, errors, (name) => name, (name, at) => validateRequestRef(name, names, at, errors));
}

/** gpu, or gpu/large for one of its alternatives. Kubernetes: resource validation, validateRequestNameRef. */
export function validateRequestRef(name: string, names: RequestNames, path: string, errors: FieldError[]): void {
  const parts = name.split('/');
  if (parts.length > 2) {
    errors.push(invalid(path, name, requestRefText));
    return;
  }
  for (const part of parts) validateLabelLikeName(part, path, errors);
  const [request = '', alternative] = parts;
  const alternatives = names.get(request);
  const isKnown = alternatives !== undefined && (alternative === undefined || alternatives.has(alternative));
  if (!isKnown) errors.push(invalid(path, name, requestRefText));
}
