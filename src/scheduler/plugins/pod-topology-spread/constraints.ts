import { compileSelector, LABEL_HOSTNAME, LABEL_ZONE, newRequirement, type Pod, type Selector, selectorOf, type TopologySpreadConstraint } from '../../../api/index.ts';
import type { NodeTable } from '../../cache/node-table.ts';
import type { PodCounter } from '../../cache/pod-counters.ts';
import { requiredNodeAffinity } from '../../framework/node-selector.ts';
import { tolerates } from '../../framework/tolerations.ts';

/** A constraint, ready to count with. */
export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly minDomains: number;
  readonly selector: Selector;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** The constraints of a pod that are hard (DoNotSchedule) or soft (ScheduleAnyway). */
export function constraintsOf(pod: Pod, whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'): readonly SpreadConstraint[] {
  const all = pod.spec.topologySpreadConstraints;
  if (all === undefined || all.length === 0) return none;
  return all.filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable).map((constraint) => compile(pod, constraint));
}

const none: readonly SpreadConstraint[] = [];

function compile(pod: Pod, constraint: TopologySpreadConstraint): SpreadConstraint {
  let selector = selectorOf(constraint.labelSelector);
  const labels = pod.metadata.labels ?? {};
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined);
  if (keys.length > 0) selector = compileSelector([...selector.requirements, ...keys.map((key) => newRequirement(key, 'in', [labels[key] ?? '']))]);
  return {
    maxSkew: constraint.maxSkew, topologyKey: constraint.topologyKey, minDomains: constraint.minDomains ?? 1, selector,
    honorsAffinity: constraint.nodeAffinityPolicy !== 'Ignore', honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
}

/** What the cluster does for pods without constraints. Kubernetes: podtopologyspread, systemDefaultConstraints. */
export function systemDefaultConstraints(selector: Selector): readonly SpreadConstraint[] {
  const common = { minDomains: 1, selector, honorsAffinity: true, honorsTaints: false };
  return [{ maxSkew: 3, topologyKey: LABEL_HOSTNAME, ...common }, { maxSkew: 5, topologyKey: LABEL_ZONE, ...common }];
}

/** Pods of the pod's namespace that a constraint counts, by row. */
export function countMatching(table: NodeTable, namespace: string | undefined, selector: Selector): PodCounter {
  return table.counters.get(`spread|${namespace}|${selector.toString()}`, ({ pod }) => pod.metadata.namespace === namespace && selector.matches(pod.metadata.labels));
}

/** True for nodes that a constraint takes into account for this pod; undefined: all. Kubernetes: matchNodeInclusionPolicies. */
export function nodeInclusion(pod: Pod, table: NodeTable, constraint: SpreadConstraint): ((row: number) => boolean) | undefined {
  const affinity = constraint.honorsAffinity ? requiredNodeAffinity(pod) : undefined;
  if (affinity === undefined && (!constraint.honorsTaints || table.taintedCount === 0)) return undefined;
  const { tolerations } = pod.spec;
  return (row) => {
    const node = table.node(row);
    if (affinity !== undefined && !affinity(node)) return false;
    if (!constraint.honorsTaints) return true;
    return !(node.spec.taints ?? []).some((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));
  };
}
