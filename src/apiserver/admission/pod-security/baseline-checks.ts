import type { Container, LifecycleHandler, PodSpec, ProbeHandler, SELinuxOptions } from '../../../api/index.ts';
import {
  type Check, type CheckPod, containersOf, containersWhere, hasUserNamespace, joinQuoted, namedContainers, plural, setters, sorted, type Violation,
} from './check.ts';

// Kubernetes: pod-security-admission/policy, one file check_<id>.go for each.

const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';

const CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT',
]);
const SE_LINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'] as const;
const SYSCTLS = [
  'kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start',
] as const;
const SYSCTLS_27 = [...SYSCTLS, 'net.ipv4.ip_local_reserved_ports'] as const;
const SYSCTLS_29 = [...SYSCTLS_27, 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes'] as const;
const SYSCTLS_32 = [...SYSCTLS_29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'] as const;

const appArmorProfile: CheckPod = (spec, annotations) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const podType = spec.securityContext?.appArmorProfile?.type;
  const podIsBad = isBad(podType);
  const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.appArmorProfile?.type));
  const fromAnnotations = Object.entries(annotations ?? {})
    .filter(([key, value]) => key.startsWith(APP_ARMOR_PREFIX) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort();
  if (!podIsBad && bad.length === 0 && fromAnnotations.length === 0) return undefined;
  const types = [...(podIsBad ? [podType ?? ''] : []), ...bad.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? '')];
  const values = [...sorted(types), ...fromAnnotations];
  const who = [setters(podIsBad, bad.map(({ name }) => name)), plural('annotation', 'annotations', fromAnnotations.length)]
    .filter((text, index) => (index === 0 ? text !== '' : fromAnnotations.length > 0)).join(' and ');
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length),
    detail: `${who} must not set AppArmor profile type to ${joinQuoted(values)}`,
  };
};

const capabilities: CheckPod = (spec) => {
  const forbidden: string[] = [];
  const bad = containersWhere(spec, ({ securityContext }) => {
    const own = (securityContext?.capabilities?.add ?? []).filter((capability) => !CAPABILITIES.has(capability));
    forbidden.push(...own);
    return own.length > 0;
  });
  if (bad.length === 0) return undefined;
  return { reason: 'non-default capabilities', detail: `${namedContainers(bad)} must not include ${joinQuoted(sorted(forbidden))} in securityContext.capabilities.add` };
};

const hostNamespaces: CheckPod = (spec) => {
  const used = [...(spec.hostNetwork ? ['hostNetwork=true'] : []), ...(spec.hostPID ? ['hostPID=true'] : []), ...(spec.hostIPC ? ['hostIPC=true'] : [])];
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') };
};

const hostPathVolumes: CheckPod = (spec) => {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', bad.length)} ${joinQuoted(bad)}` };
};

const hostPorts: CheckPod = (spec) => {
  const used: string[] = [];
  const bad = containersWhere(spec, ({ ports }) => {
    const own = (ports ?? []).filter(({ hostPort }) => (hostPort ?? 0) !== 0).map(({ hostPort }) => String(hostPort));
    used.push(...own);
    return own.length > 0;
  });
  if (bad.length === 0) return undefined;
  const distinct = sorted(used);
  return { reason: 'hostPort', detail: `${namedContainers(bad)} ${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', distinct.length)} ${distinct.join(', ')}` };
};

const hostProbesAndHostLifecycle: CheckPod = (spec) => {
  const hosts: string[] = [];
  const bad = sorted(containersWhere(spec, (container) => {
    const own = handlersOf(container).flatMap(({ httpGet, tcpSocket }) => [httpGet?.host ?? '', tcpSocket?.host ?? '']).filter((host) => host !== '');
    hosts.push(...own);
    return own.length > 0;
  }));
  if (bad.length === 0) return undefined;
  const distinct = sorted(hosts);
  return {
    reason: 'probe or lifecycle host',
    detail: `${namedContainers(bad)} ${plural('uses', 'use', bad.length)} ${plural('probe or lifecycle host', 'probe or lifecycle hosts', distinct.length)} ${joinQuoted(distinct)}`,
  };
};

function handlersOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): readonly (ProbeHandler | LifecycleHandler)[] {
  return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].filter((handler) => handler !== undefined);
}

const privileged: CheckPod = (spec) => {
  const bad = containersWhere(spec, ({ securityContext }) => securityContext?.privileged === true);
  return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${namedContainers(bad)} must not set securityContext.privileged=true` };
};

/** Kubernetes: procMount_1_0, which the restricted level keeps. */
export const procMount: CheckPod = (spec) => {
  const types: string[] = [];
  const bad = containersWhere(spec, ({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === 'Default') return false;
    types.push(type);
    return true;
  });
  return bad.length === 0 ? undefined : { reason: 'procMount', detail: `${namedContainers(bad)} must not set securityContext.procMount to ${joinQuoted(sorted(types))}` };
};

function seLinuxOptions(spec: PodSpec, allowedTypes: readonly string[]): Violation {
  const types: string[] = [];
  let hasUser = false;
  let hasRole = false;
  const isBad = (options: SELinuxOptions | undefined): boolean => {
    if (options === undefined) return false;
    const { type = '', user = '', role = '' } = options;
    const badType = !allowedTypes.includes(type);
    if (badType) types.push(type);
    if (user !== '') hasUser = true;
    if (role !== '') hasRole = true;
    return badType || user !== '' || role !== '';
  };
  const podIsBad = isBad(spec.securityContext?.seLinuxOptions);
  const bad = containersWhere(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions));
  if (!podIsBad && bad.length === 0) return undefined;
  const distinct = sorted(types);
  const what = [
    ...(distinct.length === 0 ? [] : [`${plural('type', 'types', distinct.length)} ${joinQuoted(distinct)}`]),
    ...(hasUser ? ['user may not be set'] : []), ...(hasRole ? ['role may not be set'] : []),
  ];
  return { reason: 'seLinuxOptions', detail: `${setters(podIsBad, bad)} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}` };
}

/** Before the field there was, annotations said it. */
const seccompAnnotations: CheckPod = (spec, annotations = {}) => {
  const keys = [SECCOMP_POD, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER_PREFIX + name)];
  const bad = sorted(keys.flatMap((key) => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
    if (value === undefined || value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')) return [];
    return [`${key}=${JSON.stringify(value)}`];
  }));
  return bad.length === 0 ? undefined : { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}` };
};

/** Kubernetes: seccompProfileBaseline_1_19; the restricted level asks the same first. */
export const seccompProfile: CheckPod = (spec) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'Localhost' && type !== 'RuntimeDefault';
  const podType = spec.securityContext?.seccompProfile?.type;
  const podIsBad = isBad(podType);
  const bad = containersOf(spec).filter(({ securityContext }) => isBad(securityContext?.seccompProfile?.type));
  if (!podIsBad && bad.length === 0) return undefined;
  const types = sorted([...(podIsBad ? [podType ?? ''] : []), ...bad.map(({ securityContext }) => securityContext?.seccompProfile?.type ?? '')]);
  return { reason: 'seccompProfile', detail: `${setters(podIsBad, bad.map(({ name }) => name))} must not set securityContext.seccompProfile.type to ${joinQuoted(types)}` };
};

const sysctls = (allowed: readonly string[]): CheckPod => (spec) => {
  const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.includes(name));
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
};

const windowsHostProcess: CheckPod = (spec) => {
  const podIsBad = spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = containersWhere(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  if (!podIsBad && bad.length === 0) return undefined;
  return { reason: 'hostProcess', detail: `${setters(podIsBad, bad)} must not set securityContext.windowsOptions.hostProcess=true` };
};

/** What keeps pods from known ways out of their containers. Kubernetes: the checks of LevelBaseline. */
export const baselineChecks: readonly Check[] = [
  { id: 'appArmorProfile', level: 'baseline', versions: [{ minor: 0, check: appArmorProfile }] },
  { id: 'capabilities_baseline', level: 'baseline', versions: [{ minor: 0, check: capabilities }] },
  { id: 'hostNamespaces', level: 'baseline', versions: [{ minor: 0, check: hostNamespaces }] },
  { id: 'hostPathVolumes', level: 'baseline', versions: [{ minor: 0, check: hostPathVolumes }] },
  { id: 'hostPorts', level: 'baseline', versions: [{ minor: 0, check: hostPorts }] },
  { id: 'hostProbesAndHostLifecycle', level: 'baseline', versions: [{ minor: 34, check: hostProbesAndHostLifecycle }] },
  { id: 'privileged', level: 'baseline', versions: [{ minor: 0, check: privileged }] },
  {
    id: 'procMount', level: 'baseline',
    versions: [{ minor: 0, check: procMount }, { minor: 35, check: (spec, annotations) => (hasUserNamespace(spec) ? undefined : procMount(spec, annotations)) }],
  },
  {
    id: 'seLinuxOptions', level: 'baseline',
    versions: [
      { minor: 0, check: (spec) => seLinuxOptions(spec, SE_LINUX_TYPES) },
      { minor: 31, check: (spec) => seLinuxOptions(spec, [...SE_LINUX_TYPES, 'container_engine_t']) },
    ],
  },
  { id: 'seccompProfile_baseline', level: 'baseline', versions: [{ minor: 0, check: seccompAnnotations }, { minor: 19, check: seccompProfile }] },
  {
    id: 'sysctls', level: 'baseline',
    versions: [
      { minor: 0, check: sysctls(SYSCTLS) }, { minor: 27, check: sysctls(SYSCTLS_27) },
      { minor: 29, check: sysctls(SYSCTLS_29) }, { minor: 32, check: sysctls(SYSCTLS_32) },
    ],
  },
  { id: 'windowsHostProcess', level: 'baseline', versions: [{ minor: 0, check: windowsHostProcess }] },
];
