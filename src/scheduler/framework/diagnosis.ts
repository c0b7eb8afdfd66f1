import type { Rejection } from './interface.ts';

/** Why no node would do. */
export interface Diagnosis {
  readonly nodeCount: number;
  /** By row. */
  readonly rejections: ReadonlyMap<number, Rejection>;
  /** The plugins that turned nodes down. */
  readonly plugins: ReadonlySet<string>;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` Kubernetes: framework.FitError. */
export function diagnosisMessage(nodeCount: number, rejections: Iterable<Rejection>): string {
  const counts = new Map<string, number>();
  for (const { reasons } of rejections) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const texts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available:${texts.length === 0 ? '' : ` ${texts.join(', ')}.`}`;
}

/** What a pod is told where there is no node at all. Kubernetes: ErrNoNodesAvailable. */
export const noNodesMessage = 'no nodes available to schedule pods';
