import { type Container, randomSuffix, type KubernetesObject, type Pod, type PodSpec, type ServiceAccount, type Volume, type VolumeMount } from '../../../api/index.ts';
import type { Random } from '../../../world/index.ts';
import { deepFreeze } from '../../../base/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';

/** Where every container finds its service account's token. Kubernetes: serviceaccount.DefaultAPITokenMountPath. */
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
const DEFAULT_ACCOUNT = 'default';
const MIRROR_POD = 'kubernetes.io/config.mirror';

/** The same for every pod; only the volume's name differs. Kubernetes: serviceaccount.TokenVolumeSource. */
const PROJECTED = deepFreeze({
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ],
  defaultMode: 420,
});

/** Every pod runs as a service account, and gets its token. Kubernetes: plugin/pkg/admission/serviceaccount. */
export function serviceAccount(accounts: ResourceCache, random: Random): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    handles: (definition, operation, subresource) =>
      definition.resource === 'pods' && definition.group === '' && operation === 'CREATE' && subresource === undefined,
    admit(attributes, object) {
      const pod = object as Pod;
      if (pod.metadata.annotations?.[MIRROR_POD] !== undefined) return checkMirrorPod(attributes, pod);
      const name = pod.spec.serviceAccountName === undefined || pod.spec.serviceAccountName === '' ? DEFAULT_ACCOUNT : pod.spec.serviceAccountName;
      const account = accounts.objects.get(attributes.namespace, name)?.object as ServiceAccount | undefined;
      if (account === undefined) {
        throw newForbidden(attributes.definition, attributes.name, `error looking up service account ${attributes.namespace}/${name}: serviceaccount "${name}" not found`);
      }
      let spec: PodSpec = pod.spec.serviceAccountName === name && pod.spec.serviceAccount === name ? pod.spec : { ...pod.spec, serviceAccountName: name, serviceAccount: name };
      if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) spec = withToken(spec, random);
      if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
        spec = { ...spec, imagePullSecrets: account.imagePullSecrets as NonNullable<PodSpec['imagePullSecrets']> };
      }
      return spec === pod.spec ? pod : { ...pod, spec } as KubernetesObject;
    },
  };
}

function checkMirrorPod(attributes: AdmissionAttributes, pod: Pod): Pod {
  const refuse = (why: string) => newForbidden(attributes.definition, attributes.name, why);
  if (pod.spec.serviceAccountName) throw refuse('a mirror pod may not reference service accounts');
  if (pod.spec.volumes?.some((volume) => volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined))) {
    throw refuse('a mirror pod may not use ServiceAccountToken volume projections');
  }
  return pod;
}

function withToken(spec: PodSpec, random: Random): PodSpec {
  const containers = spec.containers ?? [];
  const initContainers = spec.initContainers ?? [];
  const needed = containers.some(lacksMount) || initContainers.some(lacksMount);
  if (!needed) return spec;
  const volumes = spec.volumes ?? [];
  const present = volumes.find((volume) => volume.name.startsWith(VOLUME_PREFIX))?.name;
  const name = present ?? freeName(volumes, random);
  const mount: VolumeMount = { name, readOnly: true, mountPath: MOUNT_PATH };
  const addMount = (container: Container): Container =>
    (lacksMount(container) ? { ...container, volumeMounts: container.volumeMounts === undefined ? [mount] : [...container.volumeMounts, mount] } : container);
  return {
    ...spec,
    ...(present === undefined ? { volumes: [...volumes, { name, projected: PROJECTED }] } : {}),
    containers: containers.map(addMount),
    ...(initContainers.length === 0 ? {} : { initContainers: initContainers.map(addMount) }),
  };
}

function lacksMount(container: Container): boolean {
  return container.volumeMounts === undefined || !container.volumeMounts.some((mount) => mount.mountPath === MOUNT_PATH);
}

function freeName(volumes: readonly Volume[], random: Random): string {
  for (;;) {
    const name = VOLUME_PREFIX + randomSuffix(5, random.next);
    if (volumes.length === 0 || !volumes.some((volume) => volume.name === name)) return name;
  }
}
