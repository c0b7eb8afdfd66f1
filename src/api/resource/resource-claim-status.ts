import { validateConditions } from '../core/conditions.ts';
import { sameValue } from '../core/equality.ts';
import { formatIp, isMappedIpv4, parseCidr } from '../core/ip.ts';
import { utf8Length, validateImmutable } from '../core/object-meta.ts';
import { validateNodeSelector } from '../core/persistent-volume-spec.ts';
import { validateDriverName } from '../core/persistent-volume-sources.ts';
import { forbidden, invalid, notSupported, required, tooLong, tooMany, type FieldError } from '../field-error.ts';
import type {
  AllocatedDeviceStatus, AllocationResult, DeviceRequestAllocationResult, NetworkDeviceData, ResourceClaimStatus, ResourceV1ResourceClaim,
} from '../types.ts';
import { validateBindingConditions } from './binding-conditions.ts';
import { validateList, validateSet } from './collections.ts';
import { type RequestNames, validateRequestRef, validateRequestRefs } from './device-claim.ts';
import { configCountMax, validateDeviceConfiguration, validateRawObject } from './device-configuration.ts';
import { validateLabelLikeName, validatePoolName, validateUid } from './names.ts';

const reservedForCountMax = 256;
const resultCountMax = 32;
const conditionCountMax = 8;
const interfaceNameBytesMax = 256;
const hardwareAddressBytesMax = 128;
const addressCountMax = 16;

interface DeviceRef {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
}

/** What tells devices apart, as upstream prints it. Kubernetes: structured.SharedDeviceID. */
function deviceId({ driver, pool, device, shareID }: DeviceRef): object {
  return { Driver: driver ?? '', Pool: pool ?? '', Device: device ?? '', ShareID: shareID ?? '' };
}

function deviceKey(device: DeviceRef): string {
  return JSON.stringify(deviceId(device));
}

/** What is said of devices that the claim no longer has goes. Kubernetes: dropDeallocatedStatusDevices. */
export function withoutDeallocatedDevices(next: ResourceV1ResourceClaim, old: ResourceV1ResourceClaim): ResourceV1ResourceClaim {
  const { status } = next;
  if (!status?.devices) return next;
  const idsOf = (claim: ResourceV1ResourceClaim) => (claim.status?.allocation?.devices?.results ?? []).map(deviceKey);
  const kept = new Set(idsOf(next));
  const gone = new Set(idsOf(old).filter((id) => !kept.has(id)));
  const devices = status.devices.filter((device) => !gone.has(deviceKey(device)));
  if (devices.length === status.devices.length && devices.length > 0) return next;
  const { devices: _devices, ...rest } = status;
  return { ...next, status: devices.length > 0 ? { ...rest, devices } : rest };
}

/** Kubernetes: resource validation, validateResourceClaimStatusUpdate. */
export function validateClaimStatus(
  next: ResourceClaimStatus, old: ResourceClaimStatus, isDeleted: boolean, names: RequestNames, errors: FieldError[],
): void {
  const { allocation, reservedFor = [], devices = [] } = next;
  validateSet(reservedFor, reservedForCountMax, 'status.reservedFor', errors, ({ uid }) => uid ?? '', (consumer, path) => {
    for (const field of ['resource', 'name', 'uid'] as const) if (!consumer[field]) errors.push(required(`${path}.${field}`));
  });
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceKey));
  validateSet(devices, Number.POSITIVE_INFINITY, 'status.devices', errors, deviceId, (device, path) => validateDeviceStatus(device, allocated, path, errors));
  if (reservedFor.length > 0) {
    if (!allocation) errors.push(forbidden('status.reservedFor', 'may not be specified when `allocated` is not set'));
    else if (isDeleted && reservedFor.some((consumer) => old.reservedFor?.some((before) => sameValue(before, consumer)) !== true)) {
      errors.push(forbidden('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'));
    }
  }
  if (!allocation) return;
  if (old.allocation) validateImmutable(allocation, old.allocation, 'status.allocation', errors);
  else validateAllocation(allocation, names, 'status.allocation', errors);
}

/** Kubernetes: resource validation, validateAllocationResult. */
function validateAllocation({ devices = {}, nodeSelector }: AllocationResult, names: RequestNames, path: string, errors: FieldError[]): void {
  validateList(devices.results ?? [], resultCountMax, `${path}.devices.results`, errors, (result, at) => validateResult(result, names, at, errors));
  validateList(devices.config ?? [], 2 * configCountMax, `${path}.devices.config`, errors, (config, at) => {
    if (!config.source) errors.push(required(`${at}.source`));
    else if (config.source !== 'FromClaim' && config.source !== 'FromClass') errors.push(notSupported(`${at}.source`, config.source, ['FromClaim', 'FromClass']));
    validateRequestRefs(config.requests ?? [], names, `${at}.requests`, errors);
    validateDeviceConfiguration(config, at, errors);
  });
  if (nodeSelector) validateNodeSelector(nodeSelector, `${path}.nodeSelector`, errors);
}

function validateResult(result: DeviceRequestAllocationResult, names: RequestNames, path: string, errors: FieldError[]): void {
  validateRequestRef(result.request ?? '', names, `${path}.request`, errors);
  validateDeviceRef(result, path, errors);
  validateBindingConditions(result, path, errors);
  if (result.shareID !== undefined) validateUid(result.shareID, `${path}.shareID`, errors);
}

function validateDeviceRef({ driver, pool, device }: DeviceRef, path: string, errors: FieldError[]): void {
  validateDriverName(driver, `${path}.driver`, errors);
  validatePoolName(pool, `${path}.pool`, errors);
  validateLabelLikeName(device, `${path}.device`, errors);
}

/** Kubernetes: resource validation, validateDeviceStatus. */
function validateDeviceStatus(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, path: string, errors: FieldError[]): void {
  validateDeviceRef(device, path, errors);
  if (device.shareID !== undefined) validateUid(device.shareID, `${path}.shareID`, errors);
  if (!allocated.has(deviceKey(device))) errors.push(invalid(path, deviceId(device), 'must be an allocated device in the claim'));
  const { conditions = [], data, networkData } = device;
  if (conditions.length > conditionCountMax) errors.push(tooMany(`${path}.conditions`, conditions.length, conditionCountMax));
  validateConditions(conditions, `${path}.conditions`, errors);
  if (data !== undefined) validateRawObject(data, `${path}.data`, errors);
  if (networkData) validateNetworkData(networkData, `${path}.networkData`, errors);
}

function validateNetworkData({ interfaceName = '', hardwareAddress = '', ips = [] }: NetworkDeviceData, path: string, errors: FieldError[]): void {
  if (utf8Length(interfaceName) > interfaceNameBytesMax) errors.push(tooLong(`${path}.interfaceName`, interfaceNameBytesMax));
  if (utf8Length(hardwareAddress) > hardwareAddressBytesMax) errors.push(tooLong(`${path}.hardwareAddress`, hardwareAddressBytesMax));
  validateSet(ips, addressCountMax, `${path}.ips`, errors, (ip) => ip, (ip, at) => validateInterfaceAddress(ip, at, errors));
}

/** An address with the size of its network, e.g. 10.9.8.7/24. Kubernetes: validation.IsValidInterfaceAddress. */
function validateInterfaceAddress(text: string, path: string, errors: FieldError[]): void {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    errors.push(invalid(path, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'));
    return;
  }
  const bits = isMappedIpv4(cidr.ip) && cidr.prefixBits > 32 ? cidr.prefixBits - 96 : cidr.prefixBits;
  const canonical = `${formatIp(cidr.ip)}/${bits}`;
  if (text !== canonical) errors.push(invalid(path, text, `must be in canonical form (${JSON.stringify(canonical)})`));
}
