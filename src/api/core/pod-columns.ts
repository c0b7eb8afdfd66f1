import type { ColumnDefinition, RowCondition } from '../definition.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.ts';
import type { Pod } from '../types.ts';
import { podCondition, podRestartsText, podStatusText, podSummary } from './pod-status.ts';

/** Kubernetes: pkg/printers/internalversion, podColumnDefinitions. */
export const podColumns: readonly ColumnDefinition<Pod>[] = [
  nameColumn,
  column('Ready', 'string', 'How many of the pod\'s containers are ready.', (pod) => {
    const { readyCount, containerCount } = podSummary(pod);
    return `${readyCount}/${containerCount}`;
  }),
  column('Status', 'string', 'What the pod\'s containers are doing.', podStatusText),
  column('Restarts', 'string', 'How often containers were restarted, and when last.', podRestartsText),
  ageColumn,
  wideColumn('IP', 'string', 'Address of the pod.', (pod) => pod.status?.podIPs?.[0]?.ip || '<none>'),
  wideColumn('Node', 'string', 'Node that the pod is bound to.', (pod) => pod.spec.nodeName || '<none>'),
  wideColumn('Nominated Node', 'string', 'Node where room is being made for the pod.', (pod) => pod.status?.nominatedNodeName || '<none>'),
  wideColumn('Readiness Gates', 'string', 'Further conditions that have to be true for the pod to be ready.', readinessGatesText),
];

function readinessGatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter((gate) => podCondition(pod, gate.conditionType)?.status === 'True').length;
  return `${open}/${gates.length}`;
}

const succeeded: readonly RowCondition[] = [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }];
const failed: readonly RowCondition[] = [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }];

/** What a Table says of a row: pods that have ended are Completed. */
export function podRowConditions(pod: Pod): readonly RowCondition[] {
  if (pod.status?.phase === 'Succeeded') return succeeded;
  return pod.status?.phase === 'Failed' ? failed : [];
}
