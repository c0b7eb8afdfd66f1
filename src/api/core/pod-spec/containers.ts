import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { dns1123LabelErrors } from '../../names.ts';
import type { Container, ContainerResizePolicy, EphemeralContainer, PodSpec, Volume } from '../../types.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { validateDevices, validateMounts } from './mounts.ts';
import { validateContainerPorts, validateLifecycle, validateLivenessProbe, validateReadinessProbe } from './probes.ts';
import { pullPolicies } from './pull-policy.ts';
import { validateContainerClaims } from './resource-claims.ts';
import { validateResources } from './resources.ts';
import { validateInitRestartRules, validateRestartRules } from './restart-rules.ts';
import { validateSecurityContext } from './security.ts';
import { validatePart } from './valid-parts.ts';

type Volumes = ReadonlyMap<string, Volume>;

/** Kubernetes: core validation, validateContainers. */
export function validateContainers(spec: PodSpec, volumes: Volumes, path: string, errors: FieldError[]): void {
  const containers = spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  for (let index = 0; index < containers.length; index += 1) {
    const container = containers[index] as Container;
    const at = `${path}[${index}]`;
    validateContainer(container, spec, volumes, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    validateRunning(container, spec, at, errors);
    validateRestartRules(container, at, errors);
  }
  validateHostPorts(containers, path, errors);
}

/** Kubernetes: core validation, validateInitContainers. */
export function validateInitContainers(spec: PodSpec, volumes: Volumes, path: string, errors: FieldError[]): void {
  const names = new Set((spec.containers ?? []).map((container) => container.name));
  spec.initContainers?.forEach((container, index) => {
    const at = `${path}[${index}]`;
    validateContainer(container, spec, volumes, at, errors);
    const { restartPolicy } = container;
    validateInitRestartRules(container, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    validateHostPorts([container], path, errors);
    if (restartPolicy === 'Always') {
      validateRunning(container, spec, at, errors);
      return;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field]) errors.push(forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
    }
  });
}

const ephemeralForbidden = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'] as const;

/** Kubernetes: core validation, validateEphemeralContainers. */
export function validateEphemeralContainers(spec: PodSpec, volumes: Volumes, path: string, errors: FieldError[]): void {
  if (!spec.ephemeralContainers?.length) return;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.name));
  const names = new Set(others);
  spec.ephemeralContainers.forEach((container: EphemeralContainer, index) => {
    const at = `${path}[${index}]`;
    validateContainer(container, spec, volumes, at, errors);
    validateImageSpace(container, at, errors);
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    if (container.targetContainerName && !others.has(container.targetContainerName)) {
      errors.push({ type: 'NotFound', field: `${at}.targetContainerName`, value: container.targetContainerName, detail: '' });
    }
    for (const field of ephemeralForbidden) {
      if (container[field] !== undefined) errors.push(forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
    }
    const { limits, requests } = container.resources ?? {};
    if (limits !== undefined || requests !== undefined) errors.push(forbidden(`${at}.resources`, 'cannot be set for an Ephemeral Container'));
    container.volumeMounts?.forEach((mount, mountIndex) => {
      for (const field of ['subPath', 'subPathExpr'] as const) {
        if (mount[field]) errors.push(forbidden(`${at}.volumeMounts[${mountIndex}].${field}`, 'cannot be set for an Ephemeral Container'));
      }
    });
  });
}

/** What holds for every container. Kubernetes: core validation, validateContainerCommon. */
function validateContainer(container: Container, spec: PodSpec, volumes: Volumes, path: string, errors: FieldError[]): void {
  if (!container.name) errors.push(required(`${path}.name`));
  else for (const text of dns1123LabelErrors(container.name)) errors.push(invalid(`${path}.name`, container.name, text));
  if (!container.image) errors.push(required(`${path}.image`));
  const messagePolicy = container.terminationMessagePolicy;
  if (!messagePolicy) errors.push(required(`${path}.terminationMessagePolicy`));
  else if (messagePolicy !== 'File' && messagePolicy !== 'FallbackToLogsOnError') {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, messagePolicy, ['File', 'FallbackToLogsOnError']));
  }
  validatePart(container.ports, `${path}.ports`, errors, validateContainerPorts);
  validatePart(container.env, `${path}.env`, errors, validateEnv);
  validatePart(container.envFrom, `${path}.envFrom`, errors, validateEnvFrom);
  if (container.volumeMounts) validateMounts(container, volumes, `${path}.volumeMounts`, errors);
  if (container.volumeDevices) validateDevices(container, volumes, `${path}.volumeDevices`, errors);
  const pullPolicy = container.imagePullPolicy;
  if (!pullPolicy) errors.push(required(`${path}.imagePullPolicy`));
  else if (!pullPolicies.includes(pullPolicy)) errors.push(notSupported(`${path}.imagePullPolicy`, pullPolicy, pullPolicies));
  validatePart(container.resources, `${path}.resources`, errors, validateResources);
  if (container.resources?.claims) validateContainerClaims(container.resources.claims, spec.resourceClaims, `${path}.resources.claims`, errors);
  if (container.resizePolicy) validateResizePolicy(container.resizePolicy, spec.restartPolicy, `${path}.resizePolicy`, errors);
  validatePart(container.securityContext, `${path}.securityContext`, errors, validateSecurityContext);
}

/** Probes and hooks of containers that keep running. */
function validateRunning(container: Container, spec: PodSpec, path: string, errors: FieldError[]): void {
  if (container.lifecycle) validateLifecycle(container.lifecycle, spec.terminationGracePeriodSeconds, `${path}.lifecycle`, errors);
  validatePart(container.livenessProbe, `${path}.livenessProbe`, errors, validateLivenessProbe);
  validatePart(container.readinessProbe, `${path}.readinessProbe`, errors, validateReadinessProbe);
  validatePart(container.startupProbe, `${path}.startupProbe`, errors, validateLivenessProbe);
}

/** No two containers want the same port of the node. Kubernetes: core validation, AccumulateUniqueHostPorts. */
function validateHostPorts(containers: readonly Container[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (let index = 0; index < containers.length; index += 1) {
    const ports = containers[index]?.ports ?? [];
    for (let portIndex = 0; portIndex < ports.length; portIndex += 1) {
      const port = ports[portIndex];
      if (!port?.hostPort) continue;
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (seen.has(key)) errors.push(duplicate(`${path}[${index}].ports[${portIndex}].hostPort`, key));
      seen.add(key);
    }
  }
}

/** Kubernetes: core validation, validateResizePolicy. */
function validateResizePolicy(policies: readonly ContainerResizePolicy[], restartPolicy: string | undefined, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  policies.forEach((policy, index) => {
    if (seen.has(policy.resourceName)) errors.push(duplicate(`${path}[${index}]`, policy.resourceName));
    seen.add(policy.resourceName);
    if (!policy.resourceName) errors.push(required(path));
    else if (policy.resourceName !== 'cpu' && policy.resourceName !== 'memory') errors.push(notSupported(path, policy.resourceName, ['cpu', 'memory']));
    if (!policy.restartPolicy) errors.push(required(path));
    else if (policy.restartPolicy !== 'NotRequired' && policy.restartPolicy !== 'RestartContainer') {
      errors.push(notSupported(path, policy.restartPolicy, ['NotRequired', 'RestartContainer']));
    }
    if (restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, policy.restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
  });
}

/** Pods, other than templates, may not have blanks around an image. Kubernetes: core validation, validateContainerOnlyForPod. */
export function validateImageSpace(container: Container, path: string, errors: FieldError[]): void {
  const image = container.image ?? '';
  if (image.trim() !== image) errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
}
