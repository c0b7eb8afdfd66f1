import { rejection, type SchedulerPlugin } from '../../framework/interface.ts';

const anotherNode = rejection("node(s) didn't match the requested node name", false);

/** Turns down every node but the one in spec.nodeName. Kubernetes: plugins/nodename. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  retryOn: ['NodeAdd'],
  prepareFilter(info, table) {
    const wanted = info.pod.spec.nodeName ?? '';
    if (wanted === '') return undefined;
    return (row) => (table.node(row).metadata.name === wanted ? undefined : anotherNode);
  },
};
