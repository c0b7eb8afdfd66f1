import type { Container, Pod, PodSpec, Volume, VolumeProjection } from '../../api/index.ts';

/** What a pod needs of the API besides its node, or what about it can't be known; undefined: nothing. Kubernetes: podutil.HasAPIObjectReference. */
export type ApiReference = { readonly resource: string } | { readonly error: string } | undefined;

/** Volumes that live without the API. */
const LOCAL_VOLUMES = [
  'awsElasticBlockStore', 'azureDisk', 'cephfs', 'cinder', 'downwardAPI', 'emptyDir', 'fc', 'flexVolume', 'flocker', 'gcePersistentDisk', 'gitRepo', 'hostPath',
  'image', 'iscsi', 'nfs', 'photonPersistentDisk', 'portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'storageos', 'vsphereVolume',
] as const satisfies readonly (keyof Volume)[];

const VOLUME_RESOURCES = [
  ['configMap', 'configmaps (via configmap volumes)'], ['secret', 'secrets (via secret volumes)'], ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'], ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'], ['azureFile', 'secrets (via azureFile volumes)'],
] as const satisfies readonly (readonly [keyof Volume, string])[];

const PROJECTED_RESOURCES = [
  ['configMap', 'configmaps (via projected volumes)'], ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'], ['clusterTrustBundle', 'clustertrustbundles'], ['podCertificate', 'podcertificates'],
] as const satisfies readonly (readonly [keyof VolumeProjection, string])[];

/** True where a pod names a secret anywhere. Kubernetes: podutil.VisitPodSecretNames. */
export function hasSecretReference({ spec }: Pod): boolean {
  const names = [...(spec.imagePullSecrets ?? []).map(({ name }) => name), ...containersOf(spec).flatMap(secretsOf), ...(spec.volumes ?? []).flatMap(secretsOfVolume)];
  return names.some((name) => name !== undefined && name !== '');
}

function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): readonly Container[] {
  return [...initContainers, ...containers, ...ephemeralContainers];
}

/** A mirror pod may not lead its node to objects of others. */
export function apiReferenceOf(pod: Pod): ApiReference {
  const { spec } = pod;
  if (spec.serviceAccountName) return { resource: 'serviceaccounts' };
  if (hasSecretReference(pod)) return { resource: 'secrets' };
  const configMaps = [...containersOf(spec).flatMap(configMapsOf), ...(spec.volumes ?? []).flatMap(configMapsOfVolume)];
  if (configMaps.some((name) => name !== undefined && name !== '')) return { resource: 'configmaps' };
  if ((spec.resourceClaims ?? []).length > 0) return { resource: 'resourceclaims' };
  for (const volume of spec.volumes ?? []) {
    const found = referenceOfVolume(volume);
    if (found !== undefined) return found;
  }
  return undefined;
}

function secretsOf({ envFrom = [], env = [] }: Container): readonly (string | undefined)[] {
  return [...envFrom.map(({ secretRef }) => secretRef?.name), ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)];
}

function configMapsOf({ envFrom = [], env = [] }: Container): readonly (string | undefined)[] {
  return [...envFrom.map(({ configMapRef }) => configMapRef?.name), ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)];
}

function secretsOfVolume(volume: Volume): readonly (string | undefined)[] {
  const { azureFile, cephfs, cinder, flexVolume, projected, rbd, secret, scaleIO, iscsi, storageos, csi } = volume;
  return [
    azureFile?.secretName, cephfs?.secretRef?.name, cinder?.secretRef?.name, flexVolume?.secretRef?.name, ...(projected?.sources ?? []).map((source) => source.secret?.name),
    rbd?.secretRef?.name, secret?.secretName, scaleIO?.secretRef?.name, iscsi?.secretRef?.name, storageos?.secretRef?.name, csi?.nodePublishSecretRef?.name,
  ];
}

function configMapsOfVolume({ projected, configMap }: Volume): readonly (string | undefined)[] {
  return [...(projected?.sources ?? []).map((source) => source.configMap?.name), configMap?.name];
}

function referenceOfVolume(volume: Volume): ApiReference {
  if (LOCAL_VOLUMES.some((type) => volume[type] !== undefined)) return undefined;
  for (const [type, resource] of VOLUME_RESOURCES) if (volume[type] !== undefined) return { resource };
  if (volume.projected === undefined) return { error: `unknown volume type for volume  ${JSON.stringify(volume.name)}` };
  for (const source of volume.projected.sources ?? []) {
    for (const [type, resource] of PROJECTED_RESOURCES) if (source[type] !== undefined) return { resource };
    if (source.downwardAPI === undefined) return { error: `unknown source for projected volume ${JSON.stringify(volume.name)}` };
  }
  return undefined;
}
