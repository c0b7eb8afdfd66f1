import { sameValue } from '../core/equality.ts';
import { immutableFieldText, validateImmutable } from '../core/object-meta.ts';
import { invalid, type FieldError } from '../field-error.ts';
import type { Affinity, Container, Job, JobSpec, PodSpec, PodTemplateSpec } from '../types.ts';
import { hasJobCondition } from './job-status.ts';

/** What of a job's spec may change. Kubernetes: batch validation, ValidateJobSpecUpdate. */
export function validateJobSpecUpdate(next: Job, old: Job, errors: FieldError[]): void {
  const spec = next.spec;
  const before = old.spec;
  validateCompletions(spec, before, errors);
  validateImmutable(spec.selector, before.selector, 'spec.selector', errors);
  validateTemplate(next, old, errors);
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) {
    validateImmutable(spec[field], before[field], `spec.${field}`, errors, null);
  }
}

function validateCompletions(spec: JobSpec, before: JobSpec, errors: FieldError[]): void {
  const path = 'spec.completions';
  if (spec.completionMode !== 'Indexed') {
    validateImmutable(spec.completions, before.completions, path, errors, null);
    return;
  }
  if (spec.completions === before.completions || spec.completions === undefined || spec.completions === spec.parallelism) return;
  errors.push(invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism'));
}

/** The template is fixed, but for what decides where the pods of a suspended job go, and what they ask for. Kubernetes: validatePodTemplateUpdate. */
function validateTemplate(next: Job, old: Job, errors: FieldError[]): void {
  const template = next.spec.template;
  const before = old.spec.template;
  if (template === before) return;
  const isSuspended = old.spec.suspend === true;
  const isAtRest = isSuspended && hasJobCondition(old, 'Suspended') && (old.status?.active ?? 0) === 0;
  const expected = isAtRest ? withPlacementOf(before, template) : before;
  if (!isAtRest) {
    if (!sameValue(template, expected)) errors.push(invalid('spec.template', template, immutableFieldText));
    return;
  }
  const withResources = withResourcesOf(expected.spec, template.spec);
  if (!sameValue(template.spec, withResources)) errors.push(invalid('spec.template.spec', template.spec, immutableFieldText));
}

type Changed<T> = { -readonly [Key in keyof T]?: T[Key] | undefined };

function withPlacementOf(template: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec {
  const spec: Changed<PodSpec> = { ...template.spec };
  spec.affinity = withNodeAffinityOf(template.spec?.affinity, next.spec?.affinity);
  spec.nodeSelector = next.spec?.nodeSelector;
  spec.tolerations = next.spec?.tolerations;
  spec.schedulingGates = next.spec?.schedulingGates;
  return { metadata: { ...template.metadata, labels: next.metadata?.labels ?? {}, annotations: next.metadata?.annotations ?? {} }, spec: spec as PodSpec };
}

function withNodeAffinityOf(affinity: Affinity | undefined, next: Affinity | undefined): Affinity | undefined {
  if (!affinity && !next) return undefined;
  const { nodeAffinity: _node, ...others } = affinity ?? {};
  return next?.nodeAffinity ? { ...others, nodeAffinity: next.nodeAffinity } : others;
}

/** spec with the containers' resources of next, where the containers are the same. Kubernetes: validatePodResourceUpdatesOnly. */
function withResourcesOf(spec: PodSpec | undefined, next: PodSpec | undefined): PodSpec | undefined {
  if (spec === undefined || next === undefined) return spec;
  const merge = (containers: readonly Container[] | undefined, others: readonly Container[] | undefined) => (
    containers?.length !== others?.length ? containers : containers?.map((container, index) => {
      const other = others?.[index];
      if (other === undefined || other.name !== container.name) return container;
      const { resources: _resources, ...rest } = container;
      return other.resources === undefined ? rest : { ...rest, resources: other.resources };
    })
  );
  const initContainers = merge(spec.initContainers, next.initContainers);
  return { ...spec, containers: merge(spec.containers, next.containers) ?? [], ...(initContainers === undefined ? {} : { initContainers }) };
}
