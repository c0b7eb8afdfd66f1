import { LABEL_HOSTNAME, type Pod, type Selector } from '../../../api/index.ts';
import type { NodeTable } from '../../cache/node-table.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { maxNodeScore, type NodeFilter, type NodeScorer, rejection, type SchedulerPlugin } from '../../framework/interface.ts';
import { constraintsOf, countMatching, nodeInclusion, type SpreadConstraint, systemDefaultConstraints } from './constraints.ts';

const tooSkewed = rejection("node(s) didn't match pod topology spread constraints", true);
const labelMissing = rejection("node(s) didn't match pod topology spread constraints (missing required label)", false);

/**
 * Spreads pods over hosts, zones and other domains. Pods without constraints of their own are spread with the pods that
 * defaultSelector says belong with them. Kubernetes: plugins/podtopologyspread.
 */
export function createPodTopologySpread(defaultSelector: (pod: Pod) => Selector | undefined): SchedulerPlugin {
  return {
    name: 'PodTopologySpread',
    retryOn: ['NodeAdd', 'NodeDelete', 'NodeLabel', 'NodeTaint', 'AssignedPodAdd', 'AssignedPodUpdate', 'AssignedPodDelete'],
    prepareFilter(info, table) {
      const hard = constraintsOf(info.pod, 'DoNotSchedule');
      return hard.length === 0 ? undefined : spreadFilter(info, table, hard);
    },
    prepareScore(info, table, rows) {
      const { pod } = info;
      if ((pod.spec.topologySpreadConstraints?.length ?? 0) > 0) {
        const soft = constraintsOf(pod, 'ScheduleAnyway');
        return soft.length === 0 ? undefined : spreadScorer(pod, table, rows, soft, true);
      }
      const selector = defaultSelector(pod);
      return selector === undefined ? undefined : spreadScorer(pod, table, rows, systemDefaultConstraints(selector), false);
    },
  };
}

function spreadFilter(info: PodInfo, table: NodeTable, constraints: readonly SpreadConstraint[]): NodeFilter {
  const { pod } = info;
  const rowsWithAll = table.rows.filter((row) => constraints.every((constraint) => table.label(row, constraint.topologyKey) !== undefined));
  const checks = constraints.map((constraint) => {
    const { counts } = countMatching(table, pod.metadata.namespace, constraint.selector);
    const domains = sumByDomain(table, rowsWithAll.filter(nodeInclusion(pod, table, constraint)), constraint.topologyKey, counts);
    const least = domains.size < constraint.minDomains ? 0 : Math.min(...domains.values());
    const self = constraint.selector.matches(pod.metadata.labels) ? 1 : 0;
    return { constraint, domains, least: Number.isFinite(least) ? least : 0, self };
  });
  return (row) => {
    for (const { constraint, domains, least, self } of checks) {
      const domain = table.label(row, constraint.topologyKey);
      if (domain === undefined) return labelMissing;
      if ((domains.get(domain) ?? 0) + self - least > constraint.maxSkew) return tooSkewed;
    }
    return undefined;
  };
}

/**
 * The fewer matching pods in a node's domain, the better; with several constraints those with many domains weigh more.
 * Nodes without the label of a pod's own constraint get nothing; for the system's defaults a missing label is passed over.
 */
function spreadScorer(pod: Pod, table: NodeTable, rows: readonly number[], constraints: readonly SpreadConstraint[], requireAll: boolean): NodeScorer | undefined {
  const ignored = (row: number) => requireAll && constraints.some((constraint) => table.label(row, constraint.topologyKey) === undefined);
  const considered = requireAll ? rows.filter((row) => !ignored(row)) : rows;
  const parts = constraints.map((constraint) => {
    const { topologyKey } = constraint;
    const { counts } = countMatching(table, pod.metadata.namespace, constraint.selector);
    if (topologyKey === LABEL_HOSTNAME) {
      return { constraint, weight: Math.log(considered.length + 2), countOf: (row: number) => counts[row] ?? 0 };
    }
    const wanted = new Set<string>();
    for (const row of considered) {
      const domain = table.label(row, topologyKey);
      if (domain !== undefined) wanted.add(domain);
    }
    const includes = nodeInclusion(pod, table, constraint);
    const countedRows = table.rows.filter((row) => wanted.has(table.label(row, topologyKey) ?? '') && includes(row) && !ignored(row));
    const domains = sumByDomain(table, countedRows, topologyKey, counts);
    return { constraint, weight: Math.log(wanted.size + 2), countOf: (row: number) => domains.get(table.label(row, topologyKey) ?? '') ?? 0 };
  }).filter(({ constraint }) => requireAll || rows.some((row) => table.label(row, constraint.topologyKey) !== undefined));
  if (parts.length === 0) return undefined;

  const rawScore = (row: number) => {
    let score = 0;
    for (const { constraint, weight, countOf } of parts) {
      if (table.label(row, constraint.topologyKey) !== undefined) score += countOf(row) * weight + (constraint.maxSkew - 1);
    }
    return Math.round(score);
  };
  return (nodes) => {
    const raw = nodes.map((row) => (ignored(row) ? undefined : rawScore(row)));
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    for (const score of raw) if (score !== undefined) {
      if (score < min) min = score;
      if (score > max) max = score;
    }
    return raw.map((score) => {
      if (score === undefined) return 0;
      return max === 0 ? maxNodeScore : Math.floor((maxNodeScore * (max + min - score)) / max);
    });
  };
}

function sumByDomain(table: NodeTable, rows: readonly number[], topologyKey: string, counts: readonly (number | undefined)[]): Map<string, number> {
  const domains = new Map<string, number>();
  for (const row of rows) {
    const domain = table.label(row, topologyKey);
    if (domain !== undefined) domains.set(domain, (domains.get(domain) ?? 0) + (counts[row] ?? 0));
  }
  return domains;
}
