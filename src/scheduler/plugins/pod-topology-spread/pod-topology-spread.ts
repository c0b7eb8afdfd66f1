import { LABEL_HOSTNAME, type Pod, type Selector } from '../../../api/index.ts';
import type { LabelColumn, NodeTable } from '../../cache/node-table.ts';
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
    const domains = sumByDomain(table, rowsWithAll, constraint.topologyKey, counts, nodeInclusion(pod, table, constraint));
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
  const columns = constraints.map((constraint) => table.labelColumn(constraint.topologyKey));
  const ignored = (row: number) => requireAll && columns.some((column) => column.values[row] === undefined);
  const considered = requireAll ? rows.filter((row) => !ignored(row)) : rows;
  const raw = new Array<number>(rows.length).fill(0);
  let counted = false;
  for (const [part, constraint] of constraints.entries()) {
    const { values, isEmpty } = columns[part] as LabelColumn;
    if (isEmpty) continue;
    counted = true;
    const { counts } = countMatching(table, pod.metadata.namespace, constraint.selector);
    const base = constraint.maxSkew - 1;
    if (constraint.topologyKey === LABEL_HOSTNAME) {
      const weight = Math.log(considered.length + 2);
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index] as number;
        if (values[row] !== undefined) raw[index] = (raw[index] as number) + (counts[row] ?? 0) * weight + base;
      }
      continue;
    }
    const wanted = new Set<string>();
    for (const row of considered) {
      const domain = values[row];
      if (domain !== undefined) wanted.add(domain);
    }
    const weight = Math.log(wanted.size + 2);
    const domains = sumByDomain(table, requireAll ? table.rows.filter((row) => !ignored(row)) : table.rows, constraint.topologyKey, counts, nodeInclusion(pod, table, constraint));
    for (let index = 0; index < rows.length; index++) {
      const domain = values[rows[index] as number];
      if (domain !== undefined) raw[index] = (raw[index] as number) + (domains.get(domain) ?? 0) * weight + base;
    }
  }
  return counted || requireAll ? () => normalizeSpread(rows, raw, ignored) : undefined;
}

function normalizeSpread(rows: readonly number[], raw: readonly number[], ignored: (row: number) => boolean): readonly number[] {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let index = 0; index < rows.length; index++) {
    if (ignored(rows[index] as number)) continue;
    const score = Math.round(raw[index] as number);
    if (score < min) min = score;
    if (score > max) max = score;
  }
  return rows.map((row, index) => {
    if (ignored(row)) return 0;
    return max === 0 ? maxNodeScore : Math.floor((maxNodeScore * (max + min - Math.round(raw[index] as number))) / max);
  });
}

function sumByDomain(
  table: NodeTable, rows: readonly number[], topologyKey: string, counts: readonly (number | undefined)[], includes: ((row: number) => boolean) | undefined,
): Map<string, number> {
  const domains = new Map<string, number>();
  const { values } = table.labelColumn(topologyKey);
  for (const row of rows) {
    const domain = values[row];
    if (domain !== undefined && (includes === undefined || includes(row))) domains.set(domain, (domains.get(domain) ?? 0) + (counts[row] ?? 0));
  }
  return domains;
}
