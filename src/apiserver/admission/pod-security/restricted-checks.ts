import type { Volume } from '../../../api/index.ts';
import { procMount, seccompProfile } from './baseline-checks.ts';
import {
  type Check, type CheckPod, containersOf, containersWhere, hasUserNamespace, isWindows, joinQuoted, namedContainers, plural, setters, sorted,
} from './check.ts';

const ALLOWED_VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'] as const;
/** In the order in which upstream looks for them. */
const OTHER_VOLUMES = [
  'hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc',
  'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos',
] as const satisfies readonly (keyof Volume)[];

const unlessWindows = (check: CheckPod): CheckPod => (spec, annotations) => (isWindows(spec) ? undefined : check(spec, annotations));
const unlessUserNamespace = (check: CheckPod): CheckPod => (spec, annotations) => (hasUserNamespace(spec) ? undefined : check(spec, annotations));

const allowPrivilegeEscalation: CheckPod = (spec) => {
  const bad = containersWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return { reason: 'allowPrivilegeEscalation != false', detail: `${namedContainers(bad)} must set securityContext.allowPrivilegeEscalation=false` };
};

const capabilities: CheckPod = (spec) => {
  const forbidden: string[] = [];
  const keeping = containersWhere(spec, ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'));
  const adding = containersWhere(spec, ({ securityContext }) => {
    const own = (securityContext?.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
    forbidden.push(...own);
    return own.length > 0;
  });
  const details = [
    ...(keeping.length === 0 ? [] : [`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0 ? [] : [`${namedContainers(adding)} must not include ${joinQuoted(sorted(forbidden))} in securityContext.capabilities.add`]),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const restrictedVolumes: CheckPod = (spec) => {
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.some((type) => volume[type] !== undefined));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map((volume) => OTHER_VOLUMES.find((type) => volume[type] !== undefined) ?? 'unknown'));
  const names = bad.map(({ name }) => name);
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', 'volumes', names.length)} ${joinQuoted(names)} ${plural('uses', 'use', names.length)} ${plural('restricted volume type', 'restricted volume types', types.length)} ${joinQuoted(types)}`,
  };
};

const runAsNonRoot: CheckPod = (spec) => {
  const pod = spec.securityContext?.runAsNonRoot;
  const explicit = containersWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  if (pod === false || explicit.length > 0) {
    return { reason: 'runAsNonRoot != true', detail: `${setters(pod === false, explicit)} must not set securityContext.runAsNonRoot=false` };
  }
  const implicit = pod === true ? [] : containersWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (implicit.length === 0) return undefined;
  return { reason: 'runAsNonRoot != true', detail: `pod or ${namedContainers(implicit)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: CheckPod = (spec) => {
  const podIsBad = spec.securityContext?.runAsUser === 0;
  const bad = containersWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0);
  return podIsBad || bad.length > 0 ? { reason: 'runAsUser=0', detail: `${setters(podIsBad, bad)} must not set runAsUser=0` } : undefined;
};

const restrictedSeccompProfile: CheckPod = (spec, annotations) => {
  const explicit = seccompProfile(spec, annotations);
  if (explicit !== undefined || spec.securityContext?.seccompProfile !== undefined) return explicit;
  const implicit = containersOf(spec).filter(({ securityContext }) => securityContext?.seccompProfile === undefined).map(({ name }) => name);
  if (implicit.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `pod or ${namedContainers(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
};

/** What hardens pods beyond the baseline. Kubernetes: the checks of LevelRestricted. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation', level: 'restricted',
    versions: [{ minor: 8, check: allowPrivilegeEscalation }, { minor: 25, check: unlessWindows(allowPrivilegeEscalation) }],
  },
  {
    id: 'capabilities_restricted', level: 'restricted',
    versions: [
      { minor: 22, check: capabilities, overrides: 'capabilities_baseline' }, { minor: 25, check: unlessWindows(capabilities), overrides: 'capabilities_baseline' },
    ],
  },
  { id: 'procMount_restricted', level: 'restricted', versions: [{ minor: 35, check: procMount, overrides: 'procMount' }] },
  { id: 'restrictedVolumes', level: 'restricted', versions: [{ minor: 0, check: restrictedVolumes, overrides: 'hostPathVolumes' }] },
  { id: 'runAsNonRoot', level: 'restricted', versions: [{ minor: 0, check: runAsNonRoot }, { minor: 35, check: unlessUserNamespace(runAsNonRoot) }] },
  { id: 'runAsUser', level: 'restricted', versions: [{ minor: 23, check: runAsUser }, { minor: 35, check: unlessUserNamespace(runAsUser) }] },
  {
    id: 'seccompProfile_restricted', level: 'restricted',
    versions: [
      { minor: 19, check: restrictedSeccompProfile, overrides: 'seccompProfile_baseline' },
      { minor: 25, check: unlessWindows(restrictedSeccompProfile), overrides: 'seccompProfile_baseline' },
    ],
  },
];
