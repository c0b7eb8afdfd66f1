import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { dns1123LabelErrors } from '../../names.ts';
import { isQuantity, parseQuantity } from '../../quantity.ts';
import type { DownwardAPIVolumeFile, HostPathVolumeSource, KeyToPath, ProjectedVolumeSource, Volume } from '../../types.ts';
import { validateFieldRef, validateResourceFieldRef, volumeFieldPaths } from './env.ts';
import { pullPolicies } from './pull-policy.ts';

const fileModeText = 'must be a number between 0 and 0777 (octal), both inclusive';
const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

/** The names of the volumes that are valid, for mounts to refer to. Kubernetes: core validation, ValidateVolumes. */
export function validateVolumes(volumes: readonly Volume[], path: string, errors: FieldError[], isPod: boolean): ReadonlyMap<string, Volume> {
  const valid = new Map<string, Volume>();
  for (let index = 0; index < volumes.length; index += 1) {
    const volume = volumes[index] as Volume;
    const at = `${path}[${index}]`;
    const countBefore = errors.length;
    validateSource(volume, at, errors, isPod);
    if (!volume.name) errors.push(required(`${at}.name`));
    else for (const text of dns1123LabelErrors(volume.name)) errors.push(invalid(`${at}.name`, volume.name, text));
    if (valid.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
    if (errors.length === countBefore) valid.set(volume.name, volume);
  }
  return valid;
}

type SourceRule = (volume: Volume, path: string, errors: FieldError[], isPod: boolean) => void;

/** Sources in upstream's order of checking, which decides which of two gets the blame. Sources without rules of Drydock's own are accepted as they are. */
const sourceRules: readonly (readonly [keyof Volume, SourceRule | undefined])[] = [
  ['emptyDir', (volume, path, errors) => {
    const limit = volume.emptyDir?.sizeLimit;
    if (limit !== undefined && (!isQuantity(limit) || parseQuantity(limit).nanos < 0n)) {
      errors.push(forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
    }
  }],
  ['hostPath', (volume, path, errors) => validateHostPath(volume.hostPath as HostPathVolumeSource, path, errors)],
  ['gitRepo', undefined], ['gcePersistentDisk', undefined], ['awsElasticBlockStore', undefined],
  ['secret', (volume, path, errors) => {
    if (!volume.secret?.secretName) errors.push(required(`${path}.secretName`));
    validateMode(volume.secret?.defaultMode, `${path}.defaultMode`, errors);
    volume.secret?.items?.forEach((item, index) => validateKeyToPath(item, `${path}.items[${index}]`, errors));
  }],
  ['nfs', (volume, path, errors) => {
    if (!volume.nfs?.server) errors.push(required(`${path}.server`));
    if (!volume.nfs?.path) errors.push(required(`${path}.path`));
    else if (!volume.nfs.path.startsWith('/')) errors.push(invalid(`${path}.path`, volume.nfs.path, 'must be an absolute path'));
  }],
  ['iscsi', undefined], ['glusterfs', undefined],
  ['persistentVolumeClaim', (volume, path, errors) => {
    if (!volume.persistentVolumeClaim?.claimName) errors.push(required(`${path}.claimName`));
  }],
  ['rbd', undefined], ['cinder', undefined], ['cephfs', undefined], ['flocker', undefined],
  ['downwardAPI', (volume, path, errors) => {
    validateMode(volume.downwardAPI?.defaultMode, `${path}.defaultMode`, errors);
    for (const file of volume.downwardAPI?.items ?? []) validateDownwardFile(file, path, errors);
  }],
  ['fc', undefined], ['flexVolume', undefined],
  ['configMap', (volume, path, errors) => {
    if (!volume.configMap?.name) errors.push(required(`${path}.name`));
    validateMode(volume.configMap?.defaultMode, `${path}.defaultMode`, errors);
    volume.configMap?.items?.forEach((item, index) => validateKeyToPath(item, `${path}.items[${index}]`, errors));
  }],
  ['azureFile', undefined], ['vsphereVolume', undefined], ['photonPersistentDisk', undefined], ['portworxVolume', undefined], ['azureDisk', undefined],
  ['storageos', undefined],
  ['projected', (volume, path, errors) => validateProjected(volume.projected as ProjectedVolumeSource, path, errors)],
  ['scaleIO', undefined],
  ['csi', (volume, path, errors) => {
    if (!volume.csi?.driver) errors.push(required(`${path}.driver`));
  }],
  ['ephemeral', (volume, path, errors) => {
    if (!volume.ephemeral?.volumeClaimTemplate) errors.push(required(`${path}.volumeClaimTemplate`));
  }],
  ['image', (volume, path, errors, isPod) => {
    if (isPod && !volume.image?.reference) errors.push(required(`${path}.reference`));
    const policy = volume.image?.pullPolicy;
    if (!policy) errors.push(required(`${path}.pullPolicy`));
    else if (!pullPolicies.includes(policy)) errors.push(notSupported(`${path}.pullPolicy`, policy, pullPolicies));
  }],
];

const ruleOf = new Map(sourceRules);

function validateSource(volume: Volume, path: string, errors: FieldError[], isPod: boolean): void {
  const only = onlySource(volume);
  if (only !== undefined) {
    ruleOf.get(only)?.(volume, `${path}.${only}`, errors, isPod);
    return;
  }
  let count = 0;
  for (const [source, rule] of sourceRules) {
    if (volume[source] === undefined || volume[source] === null) continue;
    count += 1;
    if (count > 1) errors.push(forbidden(`${path}.${source}`, 'may not specify more than 1 volume type'));
    else rule?.(volume, `${path}.${source}`, errors, isPod);
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'));
}

/** The one source that a volume has; undefined where there is none, more than one or an unknown one. */
function onlySource(volume: Volume): keyof Volume | undefined {
  let only: keyof Volume | undefined;
  for (const key in volume) {
    if (key === 'name' || volume[key as keyof Volume] == null) continue;
    if (only !== undefined || !ruleOf.has(key as keyof Volume)) return undefined;
    only = key as keyof Volume;
  }
  return only;
}

function validateMode(mode: number | undefined, path: string, errors: FieldError[]): void {
  if (mode !== undefined && (mode > 0o777 || mode < 0)) errors.push(invalid(path, mode, fileModeText));
}

/** Kubernetes: core validation, validateHostPathVolumeSource. */
export function validateHostPath(hostPath: HostPathVolumeSource, path: string, errors: FieldError[]): void {
  if (!hostPath.path) {
    errors.push(required(`${path}.path`));
    return;
  }
  validateNoBacksteps(hostPath.path, `${path}.path`, errors);
  if (hostPath.type !== undefined && !hostPathTypes.includes(hostPath.type)) errors.push(notSupported(`${path}.type`, hostPath.type, hostPathTypes));
}

function validateKeyToPath(item: KeyToPath, path: string, errors: FieldError[]): void {
  if (!item.key) errors.push(required(`${path}.key`));
  if (!item.path) errors.push(required(`${path}.path`));
  validateLocalPath(item.path ?? '', `${path}.path`, errors);
  validateMode(item.mode, `${path}.mode`, errors);
}

/** Kubernetes: core validation, validatePathNoBacksteps. */
export function validateNoBacksteps(target: string, path: string, errors: FieldError[]): void {
  if (target.split('/').includes('..')) errors.push(invalid(path, target, "must not contain '..'"));
}

/** A path below another one. Kubernetes: core validation, validateLocalDescendingPath. */
export function validateDescendingPath(target: string, path: string, errors: FieldError[]): void {
  if (target.startsWith('/')) errors.push(invalid(path, target, 'must be a relative path'));
  validateNoBacksteps(target, path, errors);
}

/** Kubernetes: core validation, ValidateLocalNonReservedPath. */
function validateLocalPath(target: string, path: string, errors: FieldError[]): void {
  validateDescendingPath(target, path, errors);
  if (target.startsWith('..') && !target.startsWith('../')) errors.push(invalid(path, target, "must not start with '..'"));
}

function validateDownwardFile(file: DownwardAPIVolumeFile, path: string, errors: FieldError[]): void {
  if (!file.path) errors.push(required(`${path}.path`));
  validateLocalPath(file.path ?? '', `${path}.path`, errors);
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, volumeFieldPaths, `${path}.fieldRef`, errors);
    if (file.resourceFieldRef) errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (file.resourceFieldRef) {
    validateResourceFieldRef(file.resourceFieldRef, `${path}.resourceFieldRef`, errors, true);
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  validateMode(file.mode, `${path}.mode`, errors);
}

/** Kubernetes: core validation, validateProjectionSources. */
function validateProjected(projected: ProjectedVolumeSource, path: string, errors: FieldError[]): void {
  validateMode(projected.defaultMode, `${path}.defaultMode`, errors);
  const paths = new Set<string>();
  const takePath = (target: string | undefined, value: string) => {
    if (!target) return;
    if (paths.has(target)) errors.push(invalid(path, value, 'conflicting duplicate paths'));
    paths.add(target);
  };
  projected.sources?.forEach((source, index) => {
    const at = `${path}.sources[${index}]`;
    let count = 0;
    for (const kind of ['secret', 'configMap'] as const) {
      const projection = source[kind];
      if (!projection) continue;
      count += 1;
      if (!projection.name) errors.push(required(`${at}.${kind}.name`));
      projection.items?.forEach((item, itemIndex) => {
        validateKeyToPath(item, `${at}.${kind}.items[${itemIndex}]`, errors);
        takePath(item.path, projection.name ?? '');
      });
    }
    if (source.downwardAPI) {
      count += 1;
      for (const file of source.downwardAPI.items ?? []) {
        validateDownwardFile(file, `${at}.downwardAPI`, errors);
        takePath(file.path, file.path);
      }
    }
    const token = source.serviceAccountToken;
    if (token) {
      count += 1;
      const seconds = token.expirationSeconds ?? 0;
      const field = `${at}.serviceAccountToken.expirationSeconds`;
      if (seconds < 600) errors.push(invalid(field, seconds, 'may not specify a duration less than 10 minutes'));
      if (seconds > 2 ** 32) errors.push(invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
      if (!token.path) errors.push(required(`${path}.path`));
      else validateLocalPath(token.path, `${path}.path`, errors);
    }
    if (source.clusterTrustBundle) count += 1;
    if (count > 1) errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  });
}
