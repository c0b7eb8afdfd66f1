import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../names.ts';
import type { Container, PodSpec, Volume } from '../../types.ts';
import { validateLabels } from '../object-meta.ts';
import { validateAffinity } from './affinity.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { validateDnsConfig, validateHostAliases } from './dns.ts';
import { validateResources } from './resources.ts';
import { validateReadinessGates, validateSchedulingGates, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validatePodSecurity } from './security.ts';
import { validatePart } from './valid-parts.ts';
import { validateVolumes } from './volumes.ts';

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const int32Max = 0x7fff_ffff;

/** Specs found valid, of templates and of pods: frozen, so they stay valid. */
const validTemplateSpecs = new WeakSet<PodSpec>();
const validPodSpecs = new WeakSet<PodSpec>();

/** What containers were found valid with, by the identity of the list of containers: a pod that is bound gets a new spec with the old containers. */
interface ContainerContext {
  readonly volumes: PodSpec['volumes'];
  readonly initContainers: PodSpec['initContainers'];
  readonly ephemeralContainers: PodSpec['ephemeralContainers'];
  readonly graceSeconds: number | undefined;
  readonly restartPolicy: string | undefined;
  readonly isPod: boolean;
}
const validContainers = new WeakMap<readonly Container[], ContainerContext>();
const noVolumes: readonly Volume[] = [];

/** Rules of a pod's spec; isPod is false in templates, which may be looser. Kubernetes: core validation, ValidatePodSpec. */
export function validatePodSpec(spec: PodSpec, path: string, errors: FieldError[], isPod: boolean): void {
  const known = isPod ? validPodSpecs : validTemplateSpecs;
  if (known.has(spec)) return;
  const countBefore = errors.length;
  validateAll(spec, path, errors, isPod);
  if (errors.length === countBefore && Object.isFrozen(spec)) known.add(spec);
}

function validateAll(spec: PodSpec, path: string, errors: FieldError[], isPod: boolean): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(`${path}.terminationGracePeriodSeconds`));
  validateVolumesAndContainers(spec, path, errors, isPod);
  if (spec.hostNetwork === true) validateHostNetworkPorts(spec, path, errors, isPod);
  validateOneOf(spec.restartPolicy, restartPolicies, `${path}.restartPolicy`, errors);
  validateOneOf(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`, errors);
  if (spec.nodeSelector) validateLabels(spec.nodeSelector, `${path}.nodeSelector`, errors);
  if (spec.securityContext) validatePodSecurity(spec.securityContext, spec, `${path}.securityContext`, errors);
  spec.imagePullSecrets?.forEach((secret, index) => {
    if (Object.keys(secret).some((key) => key !== 'name')) errors.push(invalid(`${path}.imagePullSecrets[${index}]`, secret, 'only name may be set'));
  });
  validatePart(spec.affinity, `${path}.affinity`, errors, validateAffinity);
  if (spec.dnsConfig || spec.dnsPolicy === 'None') validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`, errors);
  validatePart(spec.readinessGates, `${path}.readinessGates`, errors, validateReadinessGates);
  validatePart(spec.schedulingGates, `${path}.schedulingGates`, errors, validateSchedulingGates);
  validatePart(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, errors, validateTopologySpread);
  validateHostUsers(spec, path, errors);
  if (spec.serviceAccountName) pushAll(dns1123SubdomainErrors(spec.serviceAccountName), `${path}.serviceAccountName`, spec.serviceAccountName, errors);
  if (spec.nodeName) pushAll(dns1123SubdomainErrors(spec.nodeName), `${path}.nodeName`, spec.nodeName, errors);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > int32Max)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, `must be between 1 and ${int32Max}, inclusive`));
  }
  if (spec.hostname) pushAll(dns1123LabelErrors(spec.hostname), `${path}.hostname`, spec.hostname, errors);
  if (spec.subdomain) pushAll(dns1123LabelErrors(spec.subdomain), `${path}.subdomain`, spec.subdomain, errors);
  validatePart(spec.tolerations, `${path}.tolerations`, errors, validateTolerations);
  validatePart(spec.hostAliases, `${path}.hostAliases`, errors, validateHostAliases);
  if (spec.priorityClassName) pushAll(dns1123SubdomainErrors(spec.priorityClassName), `${path}.priorityClassName`, spec.priorityClassName, errors);
  if (spec.runtimeClassName !== undefined) pushAll(dns1123SubdomainErrors(spec.runtimeClassName), `${path}.runtimeClassName`, spec.runtimeClassName, errors);
  if (spec.preemptionPolicy !== undefined) validateOneOf(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`, errors);
  if (spec.overhead) validateResources({ limits: spec.overhead }, `${path}.overhead`, errors);
  if (spec.os) {
    if (!spec.os.name) errors.push(required(`${path}.os.name`, 'cannot be empty'));
    else if (spec.os.name !== 'linux' && spec.os.name !== 'windows') errors.push(notSupported(`${path}.os`, spec.os.name, ['linux', 'windows']));
  }
}

function pushAll(texts: readonly string[], path: string, value: string, errors: FieldError[]): void {
  for (const text of texts) errors.push(invalid(path, value, text));
}

function validateOneOf(value: string | undefined, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (!value) errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

function validateVolumesAndContainers(spec: PodSpec, path: string, errors: FieldError[], isPod: boolean): void {
  const { containers, volumes, initContainers, ephemeralContainers, terminationGracePeriodSeconds: graceSeconds, restartPolicy } = spec;
  const before = containers === undefined ? undefined : validContainers.get(containers);
  const isKnown = before !== undefined && before.volumes === volumes && before.initContainers === initContainers
    && before.ephemeralContainers === ephemeralContainers && before.graceSeconds === graceSeconds
    && before.restartPolicy === restartPolicy && before.isPod === isPod;
  if (isKnown) return;
  const countBefore = errors.length;
  const named = validateVolumes(volumes ?? noVolumes, `${path}.volumes`, errors, isPod);
  validateContainers(spec, named, `${path}.containers`, errors);
  if (initContainers) validateInitContainers(spec, named, `${path}.initContainers`, errors);
  if (ephemeralContainers) validateEphemeralContainers(spec, named, `${path}.ephemeralContainers`, errors);
  if (errors.length > countBefore || containers === undefined) return;
  // the lists are only remembered where all of them can't change any more
  const areFrozen = [containers, volumes, initContainers, ephemeralContainers].every((list) => list === undefined || Object.isFrozen(list));
  if (areFrozen) validContainers.set(containers, { volumes, initContainers, ephemeralContainers, graceSeconds, restartPolicy, isPod });
}

/** Kubernetes: core validation, validatePodHostNetworkDeps. */
function validateHostNetworkPorts(spec: PodSpec, path: string, errors: FieldError[], isPod: boolean): void {
  spec.containers?.forEach((container, index) => {
    container.ports?.forEach((port, portIndex) => {
      const hostPort = port.hostPort ?? 0;
      if ((isPod || hostPort !== 0) && hostPort !== port.containerPort) {
        errors.push(invalid(`${path}.containers[${index}].ports[${portIndex}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
      }
    });
  });
}

function validateHostUsers(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return;
  if (spec.hostNetwork === true) errors.push(forbidden(`${path}.hostNetwork`, 'when `pod.Spec.HostUsers` is false'));
  if (spec.hostPID === true) errors.push(forbidden(`${path}.HostPID`, 'when `pod.Spec.HostUsers` is false'));
  if (spec.hostIPC === true) errors.push(forbidden(`${path}.HostIPC`, 'when `pod.Spec.HostUsers` is false'));
}
