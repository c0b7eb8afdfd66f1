import { compareQuantities, parseQuantity, isQuantity, addQuantities, type Quantity } from '../quantity.ts';
import type { Pod, PodSpec } from '../types.ts';

/** The resources that decide the class. */
const qosResources = ['cpu', 'memory'] as const;

/** Guaranteed, Burstable or BestEffort. Kubernetes: pkg/apis/core/helper/qos, ComputePodQOS. */
export function qosClass(pod: Pod): string {
  return qosClassOfSpec(pod.spec);
}

/** The quality of service that a pod of this spec gets. */
function qosClassOfSpec(spec: PodSpec): string {
  const requests = new Map<string, Quantity>();
  const limits = new Map<string, Quantity>();
  let guaranteed = true;
  // what the pod says as a whole counts, where it does
  const lists = spec.resources ? [[spec]] : [spec.containers, spec.initContainers];
  for (const list of lists) {
    for (const { resources } of list ?? []) {
      let limitCount = 0;
      for (const name of qosResources) {
        const request = positive(resources?.requests?.[name]);
        if (request !== undefined) add(requests, name, request);
        const limit = positive(resources?.limits?.[name]);
        if (limit !== undefined) {
          add(limits, name, limit);
          limitCount += 1;
        }
      }
      if (limitCount < qosResources.length) guaranteed = false;
    }
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  if (guaranteed) {
    for (const [name, request] of requests) {
      const limit = limits.get(name);
      if (limit === undefined || compareQuantities(limit, request) !== 0) guaranteed = false;
    }
  }
  return guaranteed && requests.size === limits.size ? 'Guaranteed' : 'Burstable';
}

function positive(text: string | undefined): Quantity | undefined {
  if (text === undefined || !isQuantity(text)) return undefined;
  const quantity = parseQuantity(text);
  return quantity.nanos > 0n ? quantity : undefined;
}

function add(sums: Map<string, Quantity>, name: string, quantity: Quantity): void {
  const sum = sums.get(name);
  sums.set(name, sum === undefined ? quantity : addQuantities(sum, quantity));
}
