import { forbidden, invalid, type FieldError } from '../field-error.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../types.ts';
import { sameValue } from './equality.ts';
import { validateObjectMetaUpdate } from './object-meta.ts';
import { qosClass } from './pod-qos.ts';
import { validatePodMetadataAndSpec } from './pod-validation.ts';
import { bumpGeneration } from './strategy-parts.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';
const resizable = ['cpu', 'memory'] as const;

/** The stored pod with the resources that next asks for; nothing else of next counts. Kubernetes: podResizeStrategy, dropNonResizeUpdates. */
export function preparePodResize(next: Pod, old: Pod): Pod {
  const spec = next.spec;
  const before = old.spec;
  const sameCounts = (spec.containers ?? []).length === (before.containers ?? []).length && (spec.initContainers ?? []).length === (before.initContainers ?? []).length;
  if (!sameCounts) return bumpGeneration(next, old, true); // validation says what is wrong
  const { resources: _resources, ...kept } = before;
  const initContainers = withResourcesOf(before.initContainers, spec.initContainers);
  const resized: PodSpec = {
    ...kept,
    containers: withResourcesOf(before.containers, spec.containers) ?? [],
    ...(initContainers === undefined ? {} : { initContainers }),
    ...(spec.resources === undefined ? {} : { resources: spec.resources }),
  };
  const pod: Pod = { ...old, metadata: { ...old.metadata }, spec: resized };
  return bumpGeneration(pod, old, !sameValue(resized, before));
}

function withResourcesOf(before: readonly Container[] | undefined, next: readonly Container[] | undefined): readonly Container[] | undefined {
  if (before === undefined || next === undefined || next.some((container, index) => container.name !== before[index]?.name)) return next;
  return before.map((container, index) => {
    const { resources: _resources, resizePolicy: _policy, ...kept } = container;
    const { resources, resizePolicy } = next[index] as Container;
    return { ...kept, ...(resources === undefined ? {} : { resources }), ...(resizePolicy === undefined ? {} : { resizePolicy }) };
  });
}

/** Only CPU and memory may change, and only to other amounts. Kubernetes: core validation, ValidatePodResize. */
export function validatePodResize(next: Pod, old: Pod): readonly FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  validatePodMetadataAndSpec(next, errors);
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) return [forbidden('[]', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') return [forbidden('[]', 'windows pods cannot be resized')];
  if ((old.status?.qosClass ?? qosClass(old)) !== qosClass(next)) {
    errors.push(invalid('spec', next.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  }
  const running = old.status?.containerStatuses?.find((status) => status.state?.running);
  if (running !== undefined && running.resources === undefined) errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  validatePodLevel(next.spec, old.spec, errors);
  if (!validateOrder(next.spec, old.spec, errors)) return errors;
  validateLists(next.spec, old.spec, errors);
  if (errors.length > 0) return errors;
  const rest = ({ containers: _containers, initContainers: _initContainers, resources: _resources, ...others }: PodSpec) => others;
  if (!sameValue(rest(next.spec), rest(old.spec))) errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return errors;
}

/** Kubernetes: core validation, validatePodLevelResourcesResize. */
function validatePodLevel(next: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const isSet = ({ resources }: PodSpec) => Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;
  if (!isSet(old) && !isSet(next)) return;
  if (old.resources !== undefined && next.resources === undefined) {
    errors.push(forbidden('spec.resources', 'pod-level resources cannot be removed'));
    return;
  }
  if (isRemoved(next.resources, old.resources, 'requests')) errors.push(forbidden('spec.resources.requests', 'pod-level resource requests cannot be removed'));
  if (isRemoved(next.resources, old.resources, 'limits')) errors.push(forbidden('spec.resources.limits', 'pod-level resource limits cannot be removed'));
  if (!sameButAmounts(next.resources, old.resources)) errors.push(forbidden('spec', 'only cpu and memory resources are mutable at pod-level'));
}

/** False: the containers are not the same, and can't be compared. Kubernetes: validatePodResizeContainerOrdering. */
function validateOrder(next: PodSpec, old: PodSpec, errors: FieldError[]): boolean {
  const countBefore = errors.length;
  for (const list of ['containers', 'initContainers'] as const) {
    const before = old[list] ?? [];
    const after = next[list] ?? [];
    if (before.length !== after.length) {
      errors.push(forbidden(`spec.${list}`, `${list} may not be added or removed on resize`));
      continue;
    }
    before.forEach((container, index) => {
      if (after[index]?.name !== container.name) errors.push(forbidden(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`));
    });
  }
  return errors.length === countBefore;
}

function validateLists(next: PodSpec, old: PodSpec, errors: FieldError[]): void {
  for (const list of ['initContainers', 'containers'] as const) {
    old[list]?.forEach((container, index) => {
      const after = next[list]?.[index];
      for (const part of ['requests', 'limits'] as const) {
        if (isRemoved(after?.resources, container.resources, part)) {
          errors.push(forbidden(`spec.${list}[${index}].resources.${part}`, `resource ${part} cannot be removed`));
        }
      }
    });
  }
  next.containers?.forEach((container, index) => {
    if (!sameButResources(container, old.containers?.[index])) errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  });
  next.initContainers?.forEach((container, index) => {
    const before = old.initContainers?.[index];
    const path = `spec.initContainers[${index}]`;
    if (!sameButResources(container, before)) errors.push(forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable'));
    if (container.restartPolicy === 'Always' || sameValue(container, before)) return;
    for (const policy of container.resizePolicy ?? []) {
      if (policy.restartPolicy === 'RestartContainer') {
        errors.push(forbidden(path, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'));
      }
    }
  });
}

function isRemoved(next: ResourceRequirements | undefined, old: ResourceRequirements | undefined, part: 'requests' | 'limits'): boolean {
  return Object.keys(old?.[part] ?? {}).some((name) => next?.[part]?.[name] === undefined);
}

function sameButResources(next: Container, old: Container | undefined): boolean {
  if (old === undefined) return false;
  const { resources: after, ...rest } = next;
  const { resources: before, ...others } = old;
  // claims are not kept by upstream's comparison, so that a container with claims can't be resized
  return sameValue(rest, others) && sameButAmounts({ ...after, claims: [] }, before);
}

function sameButAmounts(next: ResourceRequirements | undefined, old: ResourceRequirements | undefined): boolean {
  const without = (resources: ResourceRequirements | undefined, part: 'requests' | 'limits') => {
    const list: Record<string, string> = { ...resources?.[part] };
    for (const name of resizable) delete list[name];
    return list;
  };
  return (['requests', 'limits'] as const).every((part) => sameValue(without(next, part), without(old, part))) && sameValue(next?.claims, old?.claims);
}
