import type { Container, PersistentVolume, Pod, Volume } from '../../api/index.ts';

/** What of its namespace a pod leads its node to. */
export type ReferredResource = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts' | 'resourceclaims';

/** A mirror pod is the kubelet's own, so that it must not give away anything. */
const MIRROR_POD = 'kubernetes.io/config.mirror';

/** True where the pod cannot run without that object. Kubernetes: the node authorizer's Graph.AddPod. */
export function podRefersTo(pod: Pod, resource: ReferredResource, name: string): boolean {
  const { metadata, spec, status } = pod;
  if (metadata.annotations?.[MIRROR_POD] !== undefined) return false;
  switch (resource) {
    case 'serviceaccounts':
      return spec.serviceAccountName === name;
    case 'persistentvolumeclaims':
      return claimNamesOf(pod).includes(name);
    case 'configmaps':
      return containersOf(pod).some((container) => configMapsOf(container).includes(name)) || (spec.volumes ?? []).some((volume) => configMapsOfVolume(volume).includes(name));
    case 'secrets':
      return (spec.imagePullSecrets ?? []).some((secret) => secret.name === name) || containersOf(pod).some((container) => secretsOf(container).includes(name))
        || (spec.volumes ?? []).some((volume) => secretsOfVolume(volume).includes(name));
    case 'resourceclaims':
      return status?.extendedResourceClaimStatus?.resourceClaimName === name || (spec.resourceClaims ?? []).some((claim) => claim.resourceClaimName === name
        || (claim.resourceClaimName === undefined && status?.resourceClaimStatuses?.some((each) => each.name === claim.name && each.resourceClaimName === name) === true));
  }
}

/** The claims that a pod mounts, those that are made for it among them. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => (
    persistentVolumeClaim !== undefined ? [persistentVolumeClaim.claimName] : ephemeral !== undefined ? [`${metadata.name}-${name}`] : []
  ));
}

/** True where a kubelet needs that Secret to mount the volume. Kubernetes: pvutil.VisitPVSecretNames. */
export function volumeRefersTo({ spec }: PersistentVolume, namespace: string, name: string): boolean {
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, rbd, scaleIO, storageos } = spec;
  const isIt = (reference: { readonly name?: string; readonly namespace?: string } | undefined, otherwise = '') => reference?.name === name && (reference.namespace || otherwise) === namespace;
  const own = spec.claimRef?.namespace ?? '';
  if (azureFile !== undefined) return azureFile.secretName === name && (azureFile.secretNamespace || own) === namespace;
  return [cephfs, flexVolume, rbd, scaleIO, iscsi].some((source) => isIt(source?.secretRef, own)) || [cinder, storageos].some((source) => isIt(source?.secretRef))
    || [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef].some((reference) => isIt(reference));
}

function containersOf({ spec }: Pod): readonly Pick<Container, 'env' | 'envFrom'>[] {
  return [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
}

function secretsOf({ env = [], envFrom = [] }: Pick<Container, 'env' | 'envFrom'>): readonly (string | undefined)[] {
  return [...envFrom.map(({ secretRef }) => secretRef?.name), ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name)];
}

function configMapsOf({ env = [], envFrom = [] }: Pick<Container, 'env' | 'envFrom'>): readonly (string | undefined)[] {
  return [...envFrom.map(({ configMapRef }) => configMapRef?.name), ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)];
}

function configMapsOfVolume({ configMap, projected }: Volume): readonly (string | undefined)[] {
  return [configMap?.name, ...(projected?.sources ?? []).map((source) => source.configMap?.name)];
}

function secretsOfVolume({ azureFile, cephfs, cinder, csi, flexVolume, iscsi, projected, rbd, scaleIO, secret, storageos }: Volume): readonly (string | undefined)[] {
  return [
    secret?.secretName, ...(projected?.sources ?? []).map((source) => source.secret?.name), azureFile?.secretName, csi?.nodePublishSecretRef?.name,
    ...[cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos].map((source) => source?.secretRef?.name),
  ];
}
