import type { HostPort } from '../../cache/pod-info.ts';
import { rejection, type SchedulerPlugin } from '../../framework/interface.ts';

const noFreePorts = rejection("node(s) didn't have free ports for the requested pod ports", true);

/** Turns down nodes where a host port of the pod is taken. Kubernetes: plugins/nodeports. */
export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  retryOn: ['NodeAdd', 'AssignedPodDelete'],
  prepareFilter(info, table) {
    const wanted = info.hostPorts;
    if (wanted.length === 0) return undefined;
    return (row) => ((table.hostPorts[row] ?? []).some((taken) => wanted.some((port) => conflict(taken, port))) ? noFreePorts : undefined);
  },
};

/** 0.0.0.0 stands for every address. */
function conflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}
