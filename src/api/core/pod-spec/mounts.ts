import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import type { Container, Volume, VolumeDevice, VolumeMount } from '../../types.ts';
import { validateDescendingPath } from './volumes.ts';

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

/** Kubernetes: core validation, ValidateVolumeMounts (the path of some errors lacks the index there, too). */
export function validateMounts(container: Container, volumes: ReadonlyMap<string, Volume>, path: string, errors: FieldError[]): void {
  const mounts = container.volumeMounts ?? [];
  const devices = container.volumeDevices ?? [];
  const points = new Set<string>();
  for (let index = 0; index < mounts.length; index += 1) {
    const mount = mounts[index] as VolumeMount;
    const at = `${path}[${index}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push({ type: 'NotFound', field: `${at}.name`, value: mount.name ?? '', detail: '' });
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (points.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    points.add(mount.mountPath);
    if (devices.length > 0) validateAgainstDevices(mount, devices, at, errors);
    if (mount.subPath) validateDescendingPath(mount.subPath, `${path}.subPath`, errors);
    if (mount.subPathExpr) {
      if (mount.subPath) errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      validateDescendingPath(mount.subPathExpr, `${path}.subPathExpr`, errors);
    }
    if (mount.mountPropagation !== undefined) validatePropagation(mount.mountPropagation, container, `${path}.mountPropagation`, errors);
    if (mount.recursiveReadOnly !== undefined) validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`, errors);
  }
}

function validateAgainstDevices(mount: VolumeMount, devices: readonly VolumeDevice[], at: string, errors: FieldError[]): void {
  if (devices.some((device) => device.name === mount.name)) {
    errors.push(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'));
  }
  if (devices.some((device) => device.devicePath === mount.mountPath)) {
    errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'));
  }
}

function validatePropagation(propagation: string, container: Container, path: string, errors: FieldError[]): void {
  if (!propagations.includes(propagation)) errors.push(notSupported(path, propagation, propagations));
  if (propagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    errors.push(forbidden(path, 'Bidirectional mount propagation is available only to privileged containers'));
  }
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string, errors: FieldError[]): void {
  const value = mount.recursiveReadOnly as string;
  if (value === 'Disabled') return;
  if (value !== 'Enabled' && value !== 'IfPossible') {
    errors.push(notSupported(path, value, ['Disabled', 'Enabled', 'IfPossible']));
    return;
  }
  if (mount.readOnly !== true) errors.push(forbidden(path, 'may only be specified when readOnly is true'));
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  }
}

/** Kubernetes: core validation, ValidateVolumeDevices. */
export function validateDevices(container: Container, volumes: ReadonlyMap<string, Volume>, path: string, errors: FieldError[]): void {
  const paths = new Set<string>();
  const names = new Set<string>();
  container.volumeDevices?.forEach((device, index) => {
    const at = `${path}[${index}]`;
    const volume = volumes.get(device.name);
    if (!device.name) errors.push(required(`${at}.name`));
    if (names.has(device.name)) errors.push(invalid(`${at}.name`, device.name, 'must be unique'));
    if (volume === undefined) errors.push({ type: 'NotFound', field: `${at}.name`, value: device.name ?? '', detail: '' });
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(invalid(`${at}.name`, device.name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    }
    if (!device.devicePath) errors.push(required(`${at}.devicePath`));
    if (paths.has(device.devicePath)) errors.push(invalid(`${at}.devicePath`, device.devicePath, 'must be unique'));
    paths.add(device.devicePath);
    names.add(device.name);
  });
}
