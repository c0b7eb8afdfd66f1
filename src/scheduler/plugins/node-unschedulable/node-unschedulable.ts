import { TAINT_UNSCHEDULABLE } from '../../../api/index.ts';
import { rejection, type SchedulerPlugin } from '../../framework/interface.ts';
import { tolerates } from '../../framework/tolerations.ts';

const unschedulable = rejection('node(s) were unschedulable', false);

/** Turns cordoned nodes down. Kubernetes: plugins/nodeunschedulable. */
export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  retryOn: ['NodeAdd', 'NodeTaint'],
  prepareFilter(info, table) {
    if (table.unschedulableCount === 0 || tolerates(info.pod.spec.tolerations, { key: TAINT_UNSCHEDULABLE, effect: 'NoSchedule' })) return undefined;
    return (row) => (table.node(row).spec.unschedulable === true ? unschedulable : undefined);
  },
};
