import { maxNodeScore, type SchedulerPlugin } from '../../framework/interface.ts';

/** Likes nodes whose CPU and memory are used alike. Kubernetes: plugins/noderesources, BalancedAllocation. */
export const nodeResourcesBalancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  retryOn: [],
  prepareScore(info, table) {
    const { cpuMilli, memoryBytes } = info.requests;
    if (cpuMilli === 0 && memoryBytes === 0) return undefined; // a best-effort pod tips no balance
    const score = (row: number) => {
      const cpu = fraction((table.requestedCpuMilli[row] as number) + cpuMilli, table.allocatableCpuMilli[row] as number);
      const memory = fraction((table.requestedMemoryBytes[row] as number) + memoryBytes, table.allocatableMemoryBytes[row] as number);
      // The standard deviation of two values is half their distance.
      return Math.floor((1 - Math.abs(cpu - memory) / 2) * maxNodeScore);
    };
    return (rows) => rows.map(score);
  },
};

function fraction(requested: number, allocatable: number): number {
  return allocatable === 0 ? 1 : Math.min(1, requested / allocatable);
}
