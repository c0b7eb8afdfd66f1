import type { NodeTable } from '../cache/node-table.ts';
import type { PodInfo } from '../cache/pod-info.ts';

/** Why a node is not for a pod. */
export interface Rejection {
  readonly reasons: readonly string[];
  /** False where no preemption could help: another node is needed, or a change of this one. Kubernetes: UnschedulableAndUnresolvable. */
  readonly resolvable: boolean;
}

/** undefined: the node will do. */
export type NodeFilter = (row: number) => Rejection | undefined;

/** For each of rows, in order, 0 (worst) to 100 (best). */
export type NodeScorer = (rows: readonly number[]) => readonly number[];

/** What may make a pod fit that did not: pods that a plugin turned down are tried again on its events only. */
export type ClusterEvent = 'NodeAdd' | 'NodeDelete' | 'NodeAllocatable' | 'NodeLabel' | 'NodeTaint' | 'AssignedPodAdd' | 'AssignedPodUpdate' | 'AssignedPodDelete';

/**
 * A plugin of the scheduler: a pure function of the pod and the node table. Both halves look at the pod once and give
 * back a function of the node; undefined says that this plugin has nothing to say about this pod, and costs nothing.
 * Kubernetes: scheduler/framework, with PreFilter/Filter and PreScore/Score/NormalizeScore folded in two.
 */
export interface SchedulerPlugin {
  readonly name: string;
  readonly retryOn: readonly ClusterEvent[];
  prepareFilter?(info: PodInfo, table: NodeTable): NodeFilter | undefined;
  /** rows: the nodes that passed all filters. */
  prepareScore?(info: PodInfo, table: NodeTable, rows: readonly number[]): NodeScorer | undefined;
}

/** A plugin and how much its score counts. */
export interface WeightedPlugin {
  readonly plugin: SchedulerPlugin;
  readonly weight: number;
}

/** The best score of one plugin. */
export const maxNodeScore = 100;

/** Scales raw scores so that the highest becomes 100, or, reversed, 0. Kubernetes: helper.DefaultNormalizeScore. */
export function normalizeScores(raw: readonly number[], reverse: boolean): readonly number[] {
  let max = 0;
  for (const score of raw) if (score > max) max = score;
  if (max === 0) return reverse ? raw.map(() => maxNodeScore) : raw;
  return raw.map((score) => {
    const scaled = Math.floor((score * maxNodeScore) / max);
    return reverse ? maxNodeScore - scaled : scaled;
  });
}

/** A rejection that is the same each time; made once. */
export function rejection(reason: string, resolvable: boolean): Rejection {
  return Object.freeze({ reasons: Object.freeze([reason]), resolvable });
}
