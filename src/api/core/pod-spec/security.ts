import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import type { PodSecurityContext, PodSpec, SeccompProfile, SecurityContext } from '../../types.ts';
import { validateDescendingPath } from './volumes.ts';
import { validateWindowsOptions } from './windows-options.ts';

const idText = 'must be between 0 and 2147483647, inclusive';
const sysctlPattern = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const sysctlText = 'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const seccompTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateId(id: number | undefined, path: string, errors: FieldError[]): void {
  if (id !== undefined && (id < 0 || id > 0x7fff_ffff)) errors.push(invalid(path, id, idText));
}

/** Kubernetes: core validation, validatePodSpecSecurityContext. */
export function validatePodSecurity(context: PodSecurityContext, spec: PodSpec, path: string, errors: FieldError[]): void {
  validateId(context.fsGroup, `${path}.fsGroup`, errors);
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  context.supplementalGroups?.forEach((group, index) => validateId(group, `${path}.supplementalGroups[${index}]`, errors));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  const names = new Set<string>();
  context.sysctls?.forEach((sysctl, index) => {
    const at = `${path}.sysctls[${index}].name`;
    if (!sysctl.name) errors.push(required(at));
    else if (sysctl.name.length > 253 || !sysctlPattern.test(sysctl.name)) errors.push(invalid(at, sysctl.name, sysctlText));
    else if (names.has(sysctl.name)) errors.push(duplicate(at, sysctl.name));
    names.add(sysctl.name);
  });
  const { fsGroupChangePolicy } = context;
  if (fsGroupChangePolicy !== undefined && fsGroupChangePolicy !== 'Always' && fsGroupChangePolicy !== 'OnRootMismatch') {
    errors.push(notSupported(`${path}.fsGroupChangePolicy`, fsGroupChangePolicy, ['Always', 'OnRootMismatch']));
  }
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.windowsOptions) validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
}

/** Kubernetes: core validation, ValidateSecurityContext. */
export function validateSecurityContext(context: SecurityContext, path: string, errors: FieldError[]): void {
  validateId(context.runAsUser, `${path}.runAsUser`, errors);
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors);
  const { procMount } = context;
  if (procMount !== undefined && procMount !== 'Default' && procMount !== 'Unmasked') {
    errors.push(notSupported(`${path}.procMount`, procMount, ['Default', 'Unmasked']));
  }
  validateSeccomp(context.seccompProfile, `${path}.seccompProfile`, errors);
  if (context.allowPrivilegeEscalation === false) validateEscalation(context, path, errors);
  if (context.windowsOptions) validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors);
}

function validateEscalation(context: SecurityContext, path: string, errors: FieldError[]): void {
  if (context.privileged === true) errors.push(invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    errors.push(invalid(path, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
}

/** Kubernetes: core validation, validateSeccompProfileField. */
function validateSeccomp(profile: SeccompProfile | undefined, path: string, errors: FieldError[]): void {
  if (!profile) return;
  if (!profile.type) errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!seccompTypes.includes(profile.type)) errors.push(notSupported(`${path}.type`, profile.type, seccompTypes));
  const { localhostProfile } = profile;
  if (profile.type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'));
    else validateDescendingPath(localhostProfile, `${path}.localhostProfile`, errors);
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(`${path}.localhostProfile`, profile, 'can only be set when seccomp type is Localhost'));
  }
}
