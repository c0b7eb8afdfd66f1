import { forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../names.ts';
import type { Container, PodSpec, Volume } from '../../types.ts';
import { validateLabels } from '../object-meta.ts';
import { validateAffinity } from './affinity.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { validateDnsConfig, validateHostAliases } from './dns.ts';
import { validateHostProcess, validateOperatingSystem } from './operating-system.ts';
import { validatePodResources } from './pod-resources.ts';
import { validatePodClaims } from './resource-claims.ts';
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
  readonly resourceClaims: PodSpec['resourceClaims'];
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
  validatePodResources(spec, `${path}.resources`, errors);
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
  validateHostProcess(spec, path, errors);
  validateHostUsers(spec, path, errors);
  validateHostnameOverride(spec, `${path}.hostnameOverride`, errors);
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
  if (spec.os) validateOperatingSystem(spec, path, errors);
  validateFileVolumes(spec, path, errors);
}

function pushAll(texts: readonly string[], path: string, value: string, errors: FieldError[]): void {
  for (const text of texts) errors.push(invalid(path, value, text));
}

function validateOneOf(value: string | undefined, supported: readonly string[], path: string, errors: FieldError[]): void {
  if (!value) errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

function validateVolumesAndContainers(spec: PodSpec, path: string, errors: FieldError[], isPod: boolean): void {
  const { containers, volumes, initContainers, ephemeralContainers, terminationGracePeriodSeconds: graceSeconds, restartPolicy, resourceClaims } = spec;
  const before = containers === undefined ? undefined : validContainers.get(containers);
  const isKnown = before !== undefined && before.volumes === volumes && before.initContainers === initContainers
    && before.ephemeralContainers === ephemeralContainers && before.graceSeconds === graceSeconds
    && before.restartPolicy === restartPolicy && before.resourceClaims === resourceClaims && before.isPod === isPod;
  if (isKnown) return;
  const countBefore = errors.length;
  const named = validateVolumes(volumes ?? noVolumes, `${path}.volumes`, errors, isPod);
  if (resourceClaims) validatePodClaims(resourceClaims, `${path}.resourceClaims`, errors);
  validateContainers(spec, named, `${path}.containers`, errors);
  if (initContainers) validateInitContainers(spec, named, `${path}.initContainers`, errors);
  if (ephemeralContainers) validateEphemeralContainers(spec, named, `${path}.ephemeralContainers`, errors);
  if (errors.length > countBefore || containers === undefined) return;
  // the lists are only remembered where all of them can't change any more
  const areFrozen = [containers, volumes, initContainers, ephemeralContainers, resourceClaims].every((list) => list === undefined || Object.isFrozen(list));
  if (areFrozen) validContainers.set(containers, { volumes, initContainers, ephemeralContainers, graceSeconds, restartPolicy, resourceClaims, isPod });
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

const hostnameLengthMax = 64;

/** Kubernetes: core validation, validatePodHostName. */
function validateHostnameOverride(spec: PodSpec, path: string, errors: FieldError[]): void {
  const { hostnameOverride } = spec;
  if (hostnameOverride === undefined) return;
  if (spec.setHostnameAsFQDN === true) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (spec.hostNetwork === true) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (hostnameOverride.length > hostnameLengthMax) errors.push(tooLong(path, hostnameLengthMax));
  pushAll(dns1123SubdomainErrors(hostnameOverride), path, hostnameOverride, errors);
}

/** Variables are read from files of volumes that the pod makes itself. Kubernetes: core validation, validateFileKeyRefVolumes. */
function validateFileVolumes(spec: PodSpec, path: string, errors: FieldError[]): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    spec[list]?.forEach((container, index) => container.env?.forEach((variable, envIndex) => {
      const name = variable.valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) return;
      const at = `${path}.${list}[${index}].env[${envIndex}].valueFrom.fileKeyRef.volumeName`;
      const volume = spec.volumes?.find((each) => each.name === name);
      if (volume === undefined) errors.push({ type: 'NotFound', field: at, value: name, detail: '' });
      else if (!volume.emptyDir) errors.push(invalid(at, name, 'referenced volume must be of type emptyDir'));
    }));
  }
}

function validateHostUsers(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return;
  if (spec.hostNetwork === true) errors.push(forbidden(`${path}.hostNetwork`, 'when `hostUsers` is false'));
  if (spec.hostPID === true) errors.push(forbidden(`${path}.HostPID`, 'when `hostUsers` is false'));
  if (spec.hostIPC === true) errors.push(forbidden(`${path}.HostIPC`, 'when `hostUsers` is false'));
}
