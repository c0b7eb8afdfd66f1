import {
  type Container, type KubernetesObject, newStatusError, type Pod, type PodSpec, randomSuffix, type ServiceAccount, type StatusError, type Volume, type VolumeMount,
} from '../../../api/index.ts';
import type { Clock, Random } from '../../../world/index.ts';
import { deepFreeze } from '../../../base/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionPlugin } from '../chain.ts';
import { hasSecretReference } from '../pod-references.ts';
import { newEarlyForbidden } from '../forbidden.ts';
import { Accounts, DEFAULT_ACCOUNT } from './accounts.ts';
import { limitsSecrets, unlistedEphemeralSecret, unlistedSecret } from './secret-references.ts';

/** Where every container finds its service account's token. Kubernetes: serviceaccount.DefaultAPITokenMountPath. */
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
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
export function serviceAccount(cache: ResourceCache, clock: Clock, random: Random): AdmissionPlugin {
  const accounts = new Accounts(cache, clock, random);
  return {
    name: 'ServiceAccount',
    handles: (definition, operation, subresource) => definition.resource === 'pods' && definition.group === ''
      && ((operation === 'CREATE' && subresource === undefined) || (operation === 'UPDATE' && subresource === 'ephemeralcontainers')),
    admit(attributes, object) {
      if (attributes.operation !== 'CREATE') return object;
      const pod = object as Pod;
      const refuse: Refuse = (why) => newEarlyForbidden(attributes, why);
      if (isMirrorPod(pod)) return checkMirrorPod(pod, refuse);
      const name = pod.spec.serviceAccountName || DEFAULT_ACCOUNT;
      const account = accounts.get(attributes.namespace, name);
      if (account !== undefined) return withAccount(pod, account, random, refuse);
      const missing = () => refuse(missingText(attributes.namespace, name));
      if (name !== DEFAULT_ACCOUNT) throw missing();
      // The namespace may be so new that the controller has not been there yet.
      return accounts.whenDefault(attributes.namespace).then((late) => {
        if (late === undefined) throw missing();
        return withAccount(pod, late, random, refuse);
      });
    },
    validate(attributes, object) {
      const pod = object as Pod;
      const { namespace, operation } = attributes;
      const refuse: Refuse = (why) => newForbidden(attributes.definition, attributes.name, why);
      if (operation === 'CREATE' && isMirrorPod(pod)) {
        checkMirrorPod(pod, refuse);
        return;
      }
      const name = pod.spec.serviceAccountName ?? '';
      if (name === '') throw refuse(`no service account specified for pod ${namespace}/${pod.metadata.name}`);
      const account = accounts.get(namespace, name);
      if (account === undefined) throw refuse(missingText(namespace, name));
      if (operation === 'CREATE') checkSecrets(pod, account, refuse);
      else if (limitsSecrets(account)) {
        const why = unlistedEphemeralSecret(pod.spec, account);
        // As upstream, which gives this one no reason.
        if (why !== undefined) throw newStatusError(500, '', why);
      }
    },
  };
}

type Refuse = (why: string) => StatusError;

function missingText(namespace: string, name: string): string {
  return `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
}

function isMirrorPod({ metadata }: Pod): boolean {
  return metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, MIRROR_POD);
}

/** A mirror pod shows what its kubelet runs anyway: it gets nothing, and may ask for nothing. */
function checkMirrorPod(pod: Pod, refuse: Refuse): KubernetesObject {
  if (pod.spec.serviceAccountName) throw refuse('a mirror pod may not reference service accounts');
  if (hasSecretReference(pod)) throw refuse('a mirror pod may not reference secrets');
  if (pod.spec.volumes?.some((volume) => volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined))) {
    throw refuse('a mirror pod may not use ServiceAccountToken volume projections');
  }
  return pod as KubernetesObject;
}

function withAccount(pod: Pod, account: ServiceAccount, random: Random, refuse: Refuse): KubernetesObject {
  const { name } = account.metadata;
  let spec: PodSpec = pod.spec.serviceAccountName === name && pod.spec.serviceAccount === name ? pod.spec : { ...pod.spec, serviceAccountName: name, serviceAccount: name };
  if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) spec = withToken(spec, random);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
    spec = { ...spec, imagePullSecrets: account.imagePullSecrets as NonNullable<PodSpec['imagePullSecrets']> };
  }
  const complete = (spec === pod.spec ? pod : { ...pod, spec }) as Pod;
  checkSecrets(complete, account, refuse);
  return complete as KubernetesObject;
}

function checkSecrets(pod: Pod, account: ServiceAccount, refuse: Refuse): void {
  if (!limitsSecrets(account)) return;
  const why = unlistedSecret(pod, account);
  if (why !== undefined) throw refuse(why);
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
