import type { Affinity, LabelSelector, LabelSelectorRequirement, Pod, PodAffinity, PodAffinityTerm, PodSpec, TopologySpreadConstraint } from '../types.ts';
import { mapShared } from './strategy-parts.ts';

type Labels = Readonly<Record<string, string>>;
const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

/**
 * A new pod's terms and constraints with what matchLabelKeys stand for: the pod's own values of these labels are asked
 * for in the selectors. Kubernetes: pkg/registry/core/pod, mutatePodAffinity and mutateTopologySpreadConstraints.
 */
export function withLabelKeys(pod: Pod): Pod {
  const { labels } = pod.metadata;
  const { affinity, topologySpreadConstraints } = pod.spec;
  if (labels === undefined || (!affinity?.podAffinity && !affinity?.podAntiAffinity && !topologySpreadConstraints)) return pod;
  const newAffinity = affinity && affinityWith(affinity, labels);
  const constraints = topologySpreadConstraints && mapShared(topologySpreadConstraints, (constraint) => constraintWith(constraint, labels));
  if (newAffinity === affinity && constraints === topologySpreadConstraints) return pod;
  const spec: PodSpec = { ...pod.spec, ...(newAffinity ? { affinity: newAffinity } : {}), ...(constraints ? { topologySpreadConstraints: constraints } : {}) };
  return { ...pod, spec };
}

function affinityWith(affinity: Affinity, labels: Labels): Affinity {
  const podAffinity = affinity.podAffinity && termsWith(affinity.podAffinity, labels);
  const podAntiAffinity = affinity.podAntiAffinity && termsWith(affinity.podAntiAffinity, labels);
  if (podAffinity === affinity.podAffinity && podAntiAffinity === affinity.podAntiAffinity) return affinity;
  return { ...affinity, ...(podAffinity ? { podAffinity } : {}), ...(podAntiAffinity ? { podAntiAffinity } : {}) };
}

function termsWith(affinity: PodAffinity, labels: Labels): PodAffinity {
  const required = affinity[requiredTerms];
  const preferred = affinity[preferredTerms];
  const newRequired = required && mapShared(required, (term) => termWith(term, labels));
  const newPreferred = preferred && mapShared(preferred, (weighted) => {
    const podAffinityTerm = termWith(weighted.podAffinityTerm, labels);
    return podAffinityTerm === weighted.podAffinityTerm ? weighted : { ...weighted, podAffinityTerm };
  });
  if (newRequired === required && newPreferred === preferred) return affinity;
  return { ...affinity, ...(newRequired ? { [requiredTerms]: newRequired } : {}), ...(newPreferred ? { [preferredTerms]: newPreferred } : {}) };
}

function termWith(term: PodAffinityTerm, labels: Labels): PodAffinityTerm {
  if (!term?.labelSelector) return term;
  const added = [...requirements(term.matchLabelKeys, 'In', labels), ...requirements(term.mismatchLabelKeys, 'NotIn', labels)];
  return added.length === 0 ? term : { ...term, labelSelector: selectorWith(term.labelSelector, added) };
}

function constraintWith(constraint: TopologySpreadConstraint, labels: Labels): TopologySpreadConstraint {
  if (!constraint.labelSelector) return constraint;
  const added = requirements(constraint.matchLabelKeys, 'In', labels);
  return added.length === 0 ? constraint : { ...constraint, labelSelector: selectorWith(constraint.labelSelector, added) };
}

function requirements(keys: readonly string[] | undefined, operator: string, labels: Labels): readonly LabelSelectorRequirement[] {
  return (keys ?? []).flatMap((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}

function selectorWith(selector: LabelSelector, added: readonly LabelSelectorRequirement[]): LabelSelector {
  return { ...selector, matchExpressions: [...selector.matchExpressions ?? [], ...added] };
}
