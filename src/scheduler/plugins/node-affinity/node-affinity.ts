import { normalizeScores, rejection, type SchedulerPlugin } from '../../framework/interface.ts';
import { nodeSelectorTermMatcher, requiredNodeAffinity } from '../../framework/node-selector.ts';

const noMatch = rejection("node(s) didn't match Pod's node affinity/selector", false);

/** spec.nodeSelector and node affinity. Kubernetes: plugins/nodeaffinity. */
export const nodeAffinity: SchedulerPlugin = {
  name: 'NodeAffinity',
  retryOn: ['NodeAdd', 'NodeLabel'],
  prepareFilter(info, table) {
    const matches = requiredNodeAffinity(info.pod);
    if (matches === undefined) return undefined;
    return (row) => (matches(table.node(row)) ? undefined : noMatch);
  },
  prepareScore(info, table) {
    const preferred = info.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
    if (preferred === undefined || preferred.length === 0) return undefined;
    const terms = preferred.filter((term) => term.weight !== 0).map((term) => ({ weight: term.weight, matches: nodeSelectorTermMatcher(term.preference) }));
    const score = (row: number) => {
      let sum = 0;
      for (const term of terms) if (term.matches(table.node(row))) sum += term.weight;
      return sum;
    };
    return (rows) => normalizeScores(rows.map(score), false);
  },
};
