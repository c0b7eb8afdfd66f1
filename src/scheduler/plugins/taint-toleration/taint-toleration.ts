import type { Taint } from '../../../api/index.ts';
import { normalizeScores, rejection, type Rejection, type SchedulerPlugin } from '../../framework/interface.ts';
import { tolerates } from '../../framework/tolerations.ts';

/** One rejection for each taint that was met; there are few. */
const rejections = new Map<string, Rejection>();

/** Turns nodes with untolerated taints down, and likes those with fewer PreferNoSchedule ones. Kubernetes: plugins/tainttoleration. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  retryOn: ['NodeAdd', 'NodeTaint'],
  prepareFilter(info, table) {
    if (table.taintedCount === 0) return undefined;
    const { tolerations } = info.pod.spec;
    return (row) => {
      const { taints } = table.node(row).spec;
      if (taints === undefined) return undefined;
      for (const taint of taints) {
        if ((taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !tolerates(tolerations, taint)) return rejectionFor(taint);
      }
      return undefined;
    };
  },
  prepareScore(info, table, rows) {
    if (table.taintedCount === 0 || !rows.some((row) => table.node(row).spec.taints?.some(isPreference) === true)) return undefined;
    const tolerations = info.pod.spec.tolerations?.filter((toleration) => (toleration.effect ?? '') === '' || toleration.effect === 'PreferNoSchedule');
    const untolerated = (row: number) => (table.node(row).spec.taints ?? []).filter((taint) => isPreference(taint) && !tolerates(tolerations, taint)).length;
    return (nodes) => normalizeScores(nodes.map(untolerated), true);
  },
};

const isPreference = (taint: Taint) => taint.effect === 'PreferNoSchedule';

function rejectionFor(taint: Taint): Rejection {
  const reason = `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  let known = rejections.get(reason);
  if (known === undefined) {
    if (rejections.size > 1000) rejections.clear();
    known = rejection(reason, false);
    rejections.set(reason, known);
  }
  return known;
}
