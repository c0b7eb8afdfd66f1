import { forbidden, invalid, required, type FieldError } from '../field-error.ts';
import { dns1123SubdomainErrors, qualifiedNameErrors } from '../names.ts';
import type { Container, ContainerStatus, NodeSelectorTerm, Pod, PodCondition, PodSpec, Toleration } from '../types.ts';
import { sameValue } from './equality.ts';
import { validateIp } from './ip.ts';
import { nameIsDnsSubdomain, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { podSpecDiff } from './pod-diff.ts';
import { validateImageSpace } from './pod-spec/containers.ts';
import { validateTolerations } from './pod-spec/scheduling.ts';
import { validatePodAnnotations } from './pod-spec/template.ts';
import { validatePodSpec } from './pod-spec/validate.ts';

const int32Max = 0x7fff_ffff;
const noSpec = {} as PodSpec;

const updatableFields = [
  '`spec.containers[*].image`', '`spec.initContainers[*].image`', '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** Kubernetes: core validation, ValidatePodCreate. */
export function validatePodCreate(pod: Pod): readonly FieldError[] {
  const errors: FieldError[] = [];
  validatePodMetadataAndSpec(pod, errors);
  const spec = pod.spec ?? noSpec;
  if (spec.ephemeralContainers?.length) errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

/** Kubernetes: core validation, validatePodMetadataAndSpec. */
export function validatePodMetadataAndSpec(pod: Pod, errors: FieldError[]): void {
  for (const error of validateObjectMeta(pod.metadata, true, nameIsDnsSubdomain)) errors.push(error);
  const spec = pod.spec ?? noSpec;
  if (pod.metadata.annotations) validatePodAnnotations(pod.metadata.annotations, spec, 'metadata.annotations', errors);
  validatePodSpec(spec, 'spec', errors, true);
  if (!spec.serviceAccountName) validateNoTokens(spec, errors);
  for (const list of ['containers', 'initContainers'] as const) {
    spec[list]?.forEach((container, index) => validateImageSpace(container, `spec.${list}[${index}]`, errors));
  }
}

function validateNoTokens(spec: PodSpec, errors: FieldError[]): void {
  spec.volumes?.forEach((volume, index) => {
    volume.projected?.sources?.forEach((source, sourceIndex) => {
      if (!source.serviceAccountToken) return;
      const path = `spec.volumes[${index}].projected.sources[${sourceIndex}].serviceAccountToken`;
      errors.push(forbidden(path, 'must not be specified when serviceAccountName is not set'));
    });
  });
}

/** Of a pod little may change. Kubernetes: core validation, ValidatePodUpdate. */
export function validatePodUpdate(next: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = validateObjectMetaUpdate(next.metadata, old.metadata);
  if (next.spec === old.spec && next.metadata.annotations === old.metadata.annotations) return errors;
  validatePodMetadataAndSpec(next, errors);
  validateMirrorAnnotation(next, old, errors);
  for (const list of ['containers', 'initContainers'] as const) {
    if (!validateContainerUpdates(next.spec[list] ?? [], old.spec[list] ?? [], `spec.${list}`, errors)) return errors;
  }
  if (!validateDeadlineUpdate(next.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds, errors)) return errors;
  validateTolerationUpdate(next.spec.tolerations ?? [], old.spec.tolerations ?? [], errors);
  validateGateUpdate(next.spec, old.spec, errors);
  if (next.spec === old.spec || sameValue(next.spec, old.spec)) return errors;
  const munged = withUpdatableOf(next.spec, old.spec, errors);
  if (!sameValue(munged, old.spec)) {
    errors.push(forbidden('spec', `pod updates may not change fields other than ${updatableFields}\n${podSpecDiff(old.spec, munged)}`));
  }
  return errors;
}

/** Ephemeral containers may be added, and nothing else. Kubernetes: core validation, ValidatePodEphemeralContainersUpdate. */
export function validatePodEphemeralContainersUpdate(next: Pod, old: Pod): readonly FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return [forbidden('[]', 'static pods do not support ephemeral containers')];
  const path = 'spec.ephemeralContainers';
  const errors: FieldError[] = validateObjectMetaUpdate(next.metadata, old.metadata);
  validatePodMetadataAndSpec(next, errors);
  const byName = new Map(next.spec.ephemeralContainers?.map((container) => [container.name, container]));
  for (const container of old.spec.ephemeralContainers ?? []) {
    const kept = byName.get(container.name);
    if (kept === undefined) errors.push(forbidden(path, `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`));
    else if (!sameValue(kept, container)) errors.push(forbidden(path, `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n`));
  }
  return errors;
}

const mirrorAnnotation = 'kubernetes.io/config.mirror';

function validateMirrorAnnotation(next: Pod, old: Pod, errors: FieldError[]): void {
  const before = old.metadata.annotations?.[mirrorAnnotation];
  const after = next.metadata.annotations?.[mirrorAnnotation];
  if (before === after) return;
  errors.push(forbidden(`metadata.annotations[${mirrorAnnotation}]`, before === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation'));
}

/** False: containers were added or removed, and there is no use in looking on. */
function validateContainerUpdates(next: readonly Container[], old: readonly Container[], path: string, errors: FieldError[]): boolean {
  if (next.length !== old.length) {
    errors.push(forbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  next.forEach((container, index) => {
    if (!container.image) errors.push(required(`${path}[${index}].image`));
    validateImageSpace(container, `${path}[${index}]`, errors);
  });
  return true;
}

function validateDeadlineUpdate(next: number | undefined, old: number | undefined, errors: FieldError[]): boolean {
  const path = 'spec.activeDeadlineSeconds';
  if (next === undefined) {
    if (old !== undefined) errors.push(invalid(path, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (next < 0 || next > int32Max) {
    errors.push(invalid(path, next, `must be between 0 and ${int32Max}, inclusive`));
    return false;
  }
  if (old !== undefined && old < next) {
    errors.push(invalid(path, next, 'must be less than or equal to previous value'));
    return false;
  }
  return true;
}

/** Tolerations may be added; of those that are there, only tolerationSeconds may change. */
function validateTolerationUpdate(next: readonly Toleration[], old: readonly Toleration[], errors: FieldError[]): void {
  if (next === old) return;
  const isKept = (toleration: Toleration) => next.some((other) => (
    toleration.key === other.key && toleration.operator === other.operator && toleration.value === other.value && toleration.effect === other.effect
  ));
  if (!old.every(isKept)) {
    errors.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
    return;
  }
  validateTolerations(next, 'spec.tolerations', errors);
}

function validateGateUpdate(next: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const before = new Set(old.schedulingGates?.map((gate) => gate.name));
  next.schedulingGates?.forEach((gate, index) => {
    if (!before.has(gate.name)) errors.push(forbidden(`spec.schedulingGates[${index}].name`, `only deletion is allowed, but found new scheduling gate '${gate.name}'`));
  });
}

/** next with everything that may change put back to what it was in old. */
function withUpdatableOf(next: PodSpec, old: PodSpec, errors: FieldError[]): PodSpec {
  const withImages = (containers: readonly Container[] | undefined, before: readonly Container[] | undefined) => (
    containers === before ? containers : containers?.map((container, index) => {
      const { image: _image, ...rest } = container;
      const image = before?.[index]?.image;
      return image === undefined ? rest : { ...rest, image };
    })
  );
  const restore = <K extends keyof PodSpec>(spec: PodSpec, key: K): PodSpec => {
    const { [key]: _changed, ...rest } = spec;
    return (old[key] === undefined ? rest : { ...rest, [key]: old[key] }) as PodSpec;
  };
  const initContainers = withImages(next.initContainers, old.initContainers);
  let munged: PodSpec = {
    ...next,
    containers: withImages(next.containers, old.containers) ?? [],
    ...(initContainers === undefined ? {} : { initContainers }),
  };
  munged = restore(restore(restore(munged, 'activeDeadlineSeconds'), 'schedulingGates'), 'tolerations');
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) munged = restore(munged, 'terminationGracePeriodSeconds');
  if (!old.schedulingGates?.length) return munged;
  return withGatedOf(munged, old, errors, restore);
}

/** A pod that waits at a scheduling gate may be aimed better: node selectors and node affinity may grow. */
function withGatedOf(munged: PodSpec, old: PodSpec, errors: FieldError[], restore: (spec: PodSpec, key: 'nodeSelector') => PodSpec): PodSpec {
  let result = munged;
  if (!sameValue(result.nodeSelector, old.nodeSelector)) {
    const isKept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => result.nodeSelector?.[key] === value);
    if (!isKept) errors.push(invalid('spec.nodeSelector', result.nodeSelector ?? null, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'));
    result = restore(result, 'nodeSelector');
  }
  const before = old.affinity?.nodeAffinity;
  const after = result.affinity?.nodeAffinity;
  if (sameValue(before, after)) return result;
  validateTermsGrow(
    after?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, before?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, errors,
  );
  const { nodeAffinity: _node, ...others } = result.affinity ?? {};
  const affinity = before === undefined ? others : { ...others, nodeAffinity: before };
  return { ...result, affinity };
}

/** Kubernetes: core validation, validateNodeAffinityMutation. */
function validateTermsGrow(next: readonly NodeSelectorTerm[] | undefined, old: readonly NodeSelectorTerm[] | undefined, errors: FieldError[]): void {
  if (old === undefined) return;
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';
  if (next === undefined || next.length !== old.length) {
    errors.push(invalid(path, next ?? null, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'));
    return;
  }
  old.forEach((term, index) => {
    const grown = (['matchExpressions', 'matchFields'] as const).every((list) => (
      (term[list] ?? []).every((requirement, at) => sameValue(requirement, next[index]?.[list]?.[at]))
    ));
    if (!grown) errors.push(invalid(`${path}[${index}]`, next[index], 'only additions are allowed (no mutations or deletions)'));
  });
}

/** Kubernetes: core validation, ValidatePodStatusUpdate. */
export function validatePodStatusUpdate(next: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = validateObjectMetaUpdate(next.metadata, old.metadata);
  const { annotations } = next.metadata;
  if (annotations && annotations !== old.metadata.annotations) {
    validateMirrorAnnotation(next, old, errors);
    validatePodAnnotations(annotations, next.spec, 'metadata.annotations', errors);
  }
  const status = next.status ?? {};
  if (status.conditions && status.conditions !== old.status?.conditions) validateConditions(status.conditions, errors);
  if (status.nominatedNodeName && status.nominatedNodeName !== old.status?.nominatedNodeName) {
    for (const text of dns1123SubdomainErrors(status.nominatedNodeName)) errors.push(invalid('status.nominatedNodeName', status.nominatedNodeName, text));
    if (old.spec.nodeName) errors.push(forbidden('status.nominatedNodeName', 'may not be set on pods that are already bound to a node'));
  }
  const { observedGeneration = 0 } = status;
  if (observedGeneration < 0) errors.push(invalid('status.observedGeneration', observedGeneration, notNegativeInteger));
  validateImmutable(status.qosClass, old.status?.qosClass, 'status.qosClass', errors);
  // where one container may start all anew, all may
  if (!restartsAll(old.spec)) {
    validateTransitions(status.containerStatuses, old.status?.containerStatuses, 'status.containerStatuses', old.spec.containers, old.spec, errors);
    validateTransitions(status.initContainerStatuses, old.status?.initContainerStatuses, 'status.initContainerStatuses', old.spec.initContainers, old.spec, errors);
  }
  validateTransitions(status.ephemeralContainerStatuses, old.status?.ephemeralContainerStatuses, 'status.ephemeralContainerStatuses', undefined, old.spec, errors);
  if (status.podIPs !== old.status?.podIPs) validateIps(status.podIPs, 'status.podIPs', errors);
  if (status.hostIPs !== old.status?.hostIPs) validateIps(status.hostIPs, 'status.hostIPs', errors);
  return errors;
}

/** A container that has ended for good stays ended. Kubernetes: core validation, ValidateContainerStateTransition. */
function validateTransitions(
  next: readonly ContainerStatus[] | undefined, old: readonly ContainerStatus[] | undefined, path: string,
  containers: readonly Container[] | undefined, spec: PodSpec, errors: FieldError[],
): void {
  if (old === undefined || next === old) return;
  old.forEach((status, index) => {
    const terminated = status.state?.terminated;
    if (!terminated) return;
    const after = next?.find((other) => other.name === status.name);
    if (after === undefined || after.state?.terminated) return;
    const container = containers?.find((each) => each.name === status.name);
    if (container !== undefined && mayRestart(container, spec, terminated.exitCode)) return;
    errors.push(forbidden(`${path}[${index}].state`, 'may not be transitioned to non-terminated state'));
  });
}

function restartsAll({ containers, initContainers }: PodSpec): boolean {
  const hasRule = (container: Container) => container.restartPolicyRules?.some((rule) => rule.action === 'RestartAllContainers') === true;
  return containers?.some(hasRule) === true || initContainers?.some(hasRule) === true;
}

/** A container's rules come first, then its own policy, then the pod's. Kubernetes: pkg/api/v1/pod, ContainerShouldRestart. */
function mayRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  const matches = container.restartPolicyRules?.some(({ action, exitCodes }) => (
    action === 'Restart' && exitCodes !== undefined && (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In')
  ));
  if (matches === true) return true;
  const policy = container.restartPolicy ?? spec.restartPolicy;
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized']);
const notNegativeInteger = 'must be a non-negative integer';

/** Kubernetes: core validation, validatePodConditions. */
function validateConditions(conditions: readonly PodCondition[], errors: FieldError[]): void {
  conditions.forEach(({ type = '', observedGeneration = 0 }, index) => {
    const path = `status.conditions[${index}]`;
    if (observedGeneration < 0) errors.push(invalid(`${path}.observedGeneration`, observedGeneration, notNegativeInteger));
    if (systemConditions.has(type)) return;
    for (const text of qualifiedNameErrors(type)) errors.push(invalid(`${path}.Type`, type, text));
  });
}

function validateIps(ips: readonly { readonly ip?: string }[] | undefined, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  ips?.forEach(({ ip = '' }, index) => {
    validateIp(ip, `${path}[${index}]`, errors);
    if (seen.has(ip)) errors.push({ type: 'Duplicate', field: `${path}[${index}]`, value: ip, detail: '' });
    seen.add(ip);
  });
}
