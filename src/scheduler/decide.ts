import type { Random } from '../world/index.ts';
import type { NodeTable } from './cache/node-table.ts';
import type { PodInfo } from './cache/pod-info.ts';
import type { Diagnosis } from './framework/diagnosis.ts';
import type { NodeFilter, Rejection, WeightedPlugin } from './framework/interface.ts';

/** Where a pod goes, or why nowhere. */
export type Decision =
  | { readonly row: number; readonly score: number; readonly feasibleCount: number; readonly evaluatedCount: number }
  | { readonly diagnosis: Diagnosis };

/** What one decision hands to the next: where to begin looking, so that all nodes are looked at in turn. */
export interface DecisionState {
  nextStart: number;
}

/** A pod that waits for its victims to leave a node: it counts there already. */
export interface NominatedPod {
  readonly info: PodInfo;
  readonly nodeName: string;
}

/**
 * The heart of the scheduler: filters nodes, scores those that are left, and picks the best, by lot among equals.
 * Pure but for the lot: the table is as before when it returns. Kubernetes: schedule_one.go, schedulePod.
 */
export function decide(
  table: NodeTable, info: PodInfo, profile: readonly WeightedPlugin[], state: DecisionState, random: Random, nominated: readonly NominatedPod[] = [],
): Decision {
  const found = withNominated(table, info, nominated, () => findFeasible(table, info, profile, state));
  const { feasible, diagnosis } = found;
  const first = feasible[0];
  if (first === undefined) return { diagnosis };
  const evaluatedCount = feasible.length + diagnosis.rejections.size;
  if (feasible.length === 1) return { row: first, score: 0, feasibleCount: 1, evaluatedCount };
  const totals = scoreNodes(table, info, profile, feasible);
  const best = pickBest(totals, random);
  return { row: feasible[best] as number, score: totals[best] as number, feasibleCount: feasible.length, evaluatedCount };
}

function findFeasible(table: NodeTable, info: PodInfo, profile: readonly WeightedPlugin[], state: DecisionState) {
  const filters = prepareFilters(table, info, profile);
  const rejections = new Map<number, Rejection>();
  const plugins = new Set<string>();
  const feasible: number[] = [];
  const { rows } = table;
  const count = rows.length;
  const wanted = feasibleNodesToFind(count);
  let looked = 0;
  for (; looked < count && feasible.length < wanted; looked++) {
    const row = rows[(state.nextStart + looked) % count] as number;
    const rejected = filterNode(filters, row);
    if (rejected === undefined) feasible.push(row);
    else {
      rejections.set(row, rejected.rejection);
      plugins.add(rejected.plugin);
    }
  }
  if (count > 0) state.nextStart = (state.nextStart + looked) % count;
  return { feasible, diagnosis: { nodeCount: count, rejections, plugins } };
}

/** A plugin's filter for one pod. */
export interface PreparedFilter {
  readonly plugin: string;
  readonly filter: NodeFilter;
}

/** The filters that have something to say about this pod. */
export function prepareFilters(table: NodeTable, info: PodInfo, profile: readonly WeightedPlugin[]): readonly PreparedFilter[] {
  const filters: PreparedFilter[] = [];
  for (const { plugin } of profile) {
    const filter = plugin.prepareFilter?.(info, table);
    if (filter !== undefined) filters.push({ plugin: plugin.name, filter });
  }
  return filters;
}

/** The first rejection, or undefined where the node will do. */
export function filterNode(filters: readonly PreparedFilter[], row: number): { readonly plugin: string; readonly rejection: Rejection } | undefined {
  for (const { plugin, filter } of filters) {
    const rejection = filter(row);
    if (rejection !== undefined) return { plugin, rejection };
  }
  return undefined;
}

/** Runs with the nominated pods of at least this priority on their nodes. */
export function withNominated<R>(table: NodeTable, info: PodInfo, nominated: readonly NominatedPod[], run: () => R): R {
  const ghosts = nominated.filter((other) => other.info.priority >= info.priority && other.info.key !== info.key && table.placeOf(other.info.key) === undefined);
  if (ghosts.length === 0) return run();
  for (const ghost of ghosts) table.addPod(ghost.info, ghost.nodeName);
  const result = run();
  for (const ghost of ghosts) table.removePod(ghost.info.key);
  return result;
}

/** How many nodes are enough to choose from. Kubernetes: numFeasibleNodesToFind with percentageOfNodesToScore 0. */
export function feasibleNodesToFind(nodeCount: number): number {
  const least = 100;
  if (nodeCount < least) return nodeCount;
  const percentage = Math.max(5, 50 - Math.floor(nodeCount / 125));
  return Math.max(least, Math.floor((nodeCount * percentage) / 100));
}

function scoreNodes(table: NodeTable, info: PodInfo, profile: readonly WeightedPlugin[], rows: readonly number[]): readonly number[] {
  const totals = new Array<number>(rows.length).fill(0);
  for (const { plugin, weight } of profile) {
    if (weight === 0) continue;
    const scores = plugin.prepareScore?.(info, table, rows)?.(rows);
    if (scores === undefined) continue;
    for (let index = 0; index < totals.length; index++) totals[index] = (totals[index] as number) + weight * (scores[index] as number);
  }
  return totals;
}

/** The index of the highest; among equals each has the same chance. */
function pickBest(totals: readonly number[], random: Random): number {
  let best = 0;
  let equals = 1;
  for (let index = 1; index < totals.length; index++) {
    const difference = (totals[index] as number) - (totals[best] as number);
    if (difference > 0) {
      best = index;
      equals = 1;
    } else if (difference === 0) {
      equals++;
      if (random.next() * equals < 1) best = index;
    }
  }
  return best;
}
