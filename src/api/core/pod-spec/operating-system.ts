import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import type { Container, PodSpec } from '../../types.ts';

const ofLinuxPod = [
  'appArmorProfile', 'seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls',
  'shareProcessNamespace', 'runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy',
] as const;
const ofLinuxContainer = [
  'appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation', 'procMount',
  'runAsUser', 'runAsGroup',
] as const;

/** A pod that says on which system it runs may not ask for what only the other has. Kubernetes: core validation, validateOS, validateLinux, validateWindows. */
export function validateOperatingSystem(spec: PodSpec, path: string, errors: FieldError[]): void {
  const name = spec.os?.name ?? '';
  if (name === '') errors.push(required(`${path}.os.name`));
  else if (name === 'linux') validateLinux(spec, path, errors);
  else if (name === 'windows') validateWindows(spec, path, errors);
  else errors.push(notSupported(`${path}.os`, name, ['linux', 'windows']));
}

function validateLinux(spec: PodSpec, path: string, errors: FieldError[]): void {
  const text = 'windows options cannot be set for a linux pod';
  if (spec.securityContext?.windowsOptions) errors.push(forbidden(`${path}.securityContext.windowsOptions`, text));
  visitContainers(spec, path, (container, at) => {
    if (container.securityContext?.windowsOptions) errors.push(forbidden(`${at}.securityContext.windowsOptions`, text));
  });
}

function validateWindows(spec: PodSpec, path: string, errors: FieldError[]): void {
  const text = 'cannot be set for a windows pod';
  const context: Readonly<Record<string, unknown>> = {
    ...spec.securityContext, hostUsers: spec.hostUsers, hostPID: spec.hostPID || undefined, hostIPC: spec.hostIPC || undefined,
    shareProcessNamespace: spec.shareProcessNamespace, sysctls: spec.securityContext?.sysctls?.length ? true : undefined,
  };
  for (const field of ofLinuxPod) {
    const isOfSpec = field === 'hostUsers' || field === 'hostPID' || field === 'hostIPC' || field === 'shareProcessNamespace';
    if (context[field] !== undefined) errors.push(forbidden(`${path}.${isOfSpec ? '' : 'securityContext.'}${field}`, text));
  }
  visitContainers(spec, path, (container, at) => {
    for (const field of ofLinuxContainer) if (container.securityContext?.[field] !== undefined) errors.push(forbidden(`${at}.securityContext.${field}`, text));
  });
}

/** Containers that run on the node itself: all of a pod or none. Kubernetes: core validation, validateWindowsHostProcessPod. */
export function validateHostProcess(spec: PodSpec, path: string, errors: FieldError[]): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let containerCount = 0;
  let hostProcessCount = 0;
  visitContainers(spec, path, (container, at) => {
    containerCount += 1;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`));
    }
    if (own ?? ofPod === true) hostProcessCount += 1;
  });
  if (hostProcessCount === 0) return;
  if (hostProcessCount !== containerCount) errors.push(invalid(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (spec.hostNetwork !== true) errors.push(invalid(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'));
}

/** Kubernetes: pkg/api/pod, VisitContainersWithPath. */
function visitContainers(spec: PodSpec, path: string, visit: (container: Pick<Container, 'securityContext'>, path: string) => void): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    spec[list]?.forEach((container, index) => visit(container, `${path}.${list}[${index}]`));
  }
}
