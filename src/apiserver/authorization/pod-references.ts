import type { Container, Pod } from '../../api/index.ts';

/** True where the pod cannot run without that object. Kubernetes: the node authorizer's graph; api/v1/pod, VisitPodSecretNames. */
export function podRefersTo({ spec }: Pod, resource: 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts', name: string): boolean {
  switch (resource) {
    case 'serviceaccounts':
      return spec.serviceAccountName === name;
    case 'persistentvolumeclaims':
      return (spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === name);
    case 'configmaps':
      return (spec.volumes ?? []).some((volume) => volume.configMap?.name === name || volume.projected?.sources?.some((source) => source.configMap?.name === name))
        || containersOf({ spec }).some((container) => container.envFrom?.some((from) => from.configMapRef?.name === name)
          || container.env?.some((variable) => variable.valueFrom?.configMapKeyRef?.name === name));
    case 'secrets':
      return (spec.volumes ?? []).some((volume) => volume.secret?.secretName === name || volume.projected?.sources?.some((source) => source.secret?.name === name))
        || (spec.imagePullSecrets ?? []).some((secret) => secret.name === name)
        || containersOf({ spec }).some((container) => container.envFrom?.some((from) => from.secretRef?.name === name)
          || container.env?.some((variable) => variable.valueFrom?.secretKeyRef?.name === name));
  }
}

function containersOf({ spec }: Pick<Pod, 'spec'>): readonly Pick<Container, 'env' | 'envFrom'>[] {
  return [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
}
