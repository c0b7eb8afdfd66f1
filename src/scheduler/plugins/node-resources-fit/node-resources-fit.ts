import { maxNodeScore, type Rejection, type SchedulerPlugin } from '../../framework/interface.ts';

/** Turns down nodes that are too full, and likes the emptiest. Kubernetes: plugins/noderesources, Fit with LeastAllocated. */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  retryOn: ['NodeAdd', 'NodeAllocatable', 'AssignedPodDelete'],
  prepareFilter(info, table) {
    const { cpuMilli, memoryBytes, ephemeralBytes, other } = info.requests;
    return (row) => {
      // The quick way first: nearly every node fits.
      const podsFit = (table.podCount[row] as number) + 1 <= (table.allocatablePods[row] as number);
      const cpuFits = cpuMilli === 0 || cpuMilli <= (table.allocatableCpuMilli[row] as number) - (table.requestedCpuMilli[row] as number);
      const memoryFits = memoryBytes === 0 || memoryBytes <= (table.allocatableMemoryBytes[row] as number) - (table.requestedMemoryBytes[row] as number);
      const ephemeralFits = ephemeralBytes === 0 || ephemeralBytes <= (table.allocatableEphemeralBytes[row] as number) - (table.requestedEphemeralBytes[row] as number);
      if (podsFit && cpuFits && memoryFits && ephemeralFits && other === undefined) return undefined;

      const reasons: string[] = [];
      let resolvable = true;
      const check = (name: string, request: number, allocatable: number, fits: boolean) => {
        if (fits) return;
        reasons.push(`Insufficient ${name}`);
        if (request > allocatable) resolvable = false; // more than the whole node has
      };
      if (!podsFit) reasons.push('Too many pods');
      check('cpu', cpuMilli, table.allocatableCpuMilli[row] as number, cpuFits);
      check('memory', memoryBytes, table.allocatableMemoryBytes[row] as number, memoryFits);
      check('ephemeral-storage', ephemeralBytes, table.allocatableEphemeralBytes[row] as number, ephemeralFits);
      for (const [name, request] of other ?? []) {
        const allocatable = table.allocatableOther[row]?.get(name) ?? 0;
        check(name, request, allocatable, request === 0 || request <= allocatable - (table.requestedOther[row]?.get(name) ?? 0));
      }
      return reasons.length === 0 ? undefined : { reasons, resolvable } satisfies Rejection;
    };
  },
  prepareScore(info, table) {
    const score = (row: number) => {
      const cpu = leastRequested((table.nonZeroCpuMilli[row] as number) + info.nonZeroCpuMilli, table.allocatableCpuMilli[row] as number);
      const memory = leastRequested((table.nonZeroMemoryBytes[row] as number) + info.nonZeroMemoryBytes, table.allocatableMemoryBytes[row] as number);
      const weights = Number(cpu !== undefined) + Number(memory !== undefined);
      return weights === 0 ? 0 : Math.floor(((cpu ?? 0) + (memory ?? 0)) / weights);
    };
    return (rows) => rows.map(score);
  },
};

/** undefined where the node has none of the resource: it doesn't count then. */
function leastRequested(requested: number, allocatable: number): number | undefined {
  if (allocatable === 0) return undefined;
  return requested > allocatable ? 0 : Math.floor(((allocatable - requested) * maxNodeScore) / allocatable);
}
