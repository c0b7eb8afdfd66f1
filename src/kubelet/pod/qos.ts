import { type Container, type PodSpec, quantityMilliValue, quantityValue } from '../../api/index.ts';

/** A pod's quality of service. Kubernetes: apis/core/helper/qos, ComputePodQOS. */
export function podQosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const amounts = (container: Container, which: 'requests' | 'limits', resource: string) => {
    const text = container.resources?.[which]?.[resource];
    return text === undefined ? 0 : quantityMilliValue(text);
  };
  const resources = ['cpu', 'memory'];
  if (!containers.some((container) => resources.some((name) => amounts(container, 'requests', name) > 0 || amounts(container, 'limits', name) > 0))) return 'BestEffort';
  const guaranteed = containers.every((container) => resources.every((name) => {
    const limit = amounts(container, 'limits', name);
    const request = container.resources?.requests?.[name] === undefined ? limit : amounts(container, 'requests', name);
    return limit > 0 && request === limit;
  }));
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** What a pod asks of its node: the larger of its containers together and any init container, sidecars counted in. Kubernetes: component-helpers/resource, PodRequests. */
export function podRequests(spec: PodSpec): { readonly milliCpu: number; readonly memoryBytes: number } {
  return { milliCpu: podRequest(spec, 'cpu', quantityMilliValue), memoryBytes: podRequest(spec, 'memory', quantityValue) };
}

function podRequest(spec: PodSpec, resource: string, valueOf: (text: string) => number): number {
  const request = (container: Container) => {
    const text = container.resources?.requests?.[resource] ?? container.resources?.limits?.[resource];
    return text === undefined ? 0 : valueOf(text);
  };
  let sidecars = 0;
  let initMax = 0;
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') sidecars += request(container);
    initMax = Math.max(initMax, sidecars + (container.restartPolicy === 'Always' ? 0 : request(container)));
  }
  const overhead = spec.overhead?.[resource];
  const containers = spec.containers.reduce((sum, container) => sum + request(container), 0);
  return Math.max(containers + sidecars, initMax) + (overhead === undefined ? 0 : valueOf(overhead));
}
