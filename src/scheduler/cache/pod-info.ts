import { type Container, type Pod, quantityMilliValue, quantityValue } from '../../api/index.ts';
import { objectKey } from '../../client/index.ts';

/** What the scheduler knows of a pod, worked out once. */
export interface PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly priority: number;
  readonly requests: Requests;
  /** For scoring: containers that ask for nothing count as 100m CPU and 200 MB. */
  readonly nonZeroCpuMilli: number;
  readonly nonZeroMemoryBytes: number;
  readonly hostPorts: readonly HostPort[];
}

export interface Requests {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly ephemeralBytes: number;
  /** Extended resources and huge pages by name; undefined where there are none. */
  readonly other: ReadonlyMap<string, number> | undefined;
}

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** Kubernetes: scheduler/util, DefaultMilliCPURequest and DefaultMemoryRequest. */
const defaultCpuMilli = 100;
const defaultMemoryBytes = 200 * 1024 * 1024;

const noPorts: readonly HostPort[] = [];

/** Works out what the scheduler needs to know of a pod. */
export function podInfoOf(pod: Pod): PodInfo {
  const requests = sumRequests(pod, 0, 0);
  const nonZero = sumRequests(pod, defaultCpuMilli, defaultMemoryBytes);
  return {
    pod, key: objectKey(pod), priority: pod.spec.priority ?? 0, requests,
    nonZeroCpuMilli: nonZero.cpuMilli, nonZeroMemoryBytes: nonZero.memoryBytes,
    hostPorts: hostPortsOf(pod),
  };
}

interface Amounts { cpuMilli: number; memoryBytes: number; ephemeralBytes: number; other: Map<string, number> | undefined }

/**
 * The sum of the containers, or what an init container needs while it runs beside the sidecars started before it,
 * whichever is more. Kubernetes: component-helpers/resource, PodRequests.
 */
function sumRequests(pod: Pod, cpuDefault: number, memoryDefault: number): Amounts {
  const total = newAmounts();
  for (const container of pod.spec.containers) add(total, amountsOf(container, cpuDefault, memoryDefault));
  const { initContainers, overhead, resources } = pod.spec;
  if (initContainers !== undefined && initContainers.length > 0) {
    const sidecars = newAmounts();
    const peak = newAmounts();
    for (const container of initContainers) {
      const amounts = amountsOf(container, cpuDefault, memoryDefault);
      if (container.restartPolicy === 'Always') {
        add(total, amounts);
        add(sidecars, amounts);
        raise(peak, sidecars);
      } else {
        add(amounts, sidecars);
        raise(peak, amounts);
      }
    }
    raise(total, peak);
  }
  if (resources?.requests !== undefined) override(total, resources.requests);
  if (overhead !== undefined) add(total, amountsFrom(overhead));
  return total;
}

const newAmounts = (): Amounts => ({ cpuMilli: 0, memoryBytes: 0, ephemeralBytes: 0, other: undefined });

function amountsOf(container: Container, cpuDefault: number, memoryDefault: number): Amounts {
  const requests = container.resources?.requests;
  const amounts = requests === undefined ? newAmounts() : amountsFrom(requests);
  if (requests?.['cpu'] === undefined) amounts.cpuMilli = cpuDefault;
  if (requests?.['memory'] === undefined) amounts.memoryBytes = memoryDefault;
  return amounts;
}

function amountsFrom(list: Readonly<Record<string, string>>): Amounts {
  const amounts = newAmounts();
  override(amounts, list);
  return amounts;
}

function override(amounts: Amounts, list: Readonly<Record<string, string>>): void {
  for (const name in list) {
    const text = list[name] as string;
    if (name === 'cpu') amounts.cpuMilli = quantityMilliValue(text);
    else if (name === 'memory') amounts.memoryBytes = quantityValue(text);
    else if (name === 'ephemeral-storage') amounts.ephemeralBytes = quantityValue(text);
    else (amounts.other ??= new Map()).set(name, quantityValue(text));
  }
}

function add(to: Amounts, more: Amounts): void {
  to.cpuMilli += more.cpuMilli;
  to.memoryBytes += more.memoryBytes;
  to.ephemeralBytes += more.ephemeralBytes;
  for (const [name, value] of more.other ?? []) (to.other ??= new Map()).set(name, (to.other.get(name) ?? 0) + value);
}

function raise(to: Amounts, least: Amounts): void {
  to.cpuMilli = Math.max(to.cpuMilli, least.cpuMilli);
  to.memoryBytes = Math.max(to.memoryBytes, least.memoryBytes);
  to.ephemeralBytes = Math.max(to.ephemeralBytes, least.ephemeralBytes);
  for (const [name, value] of least.other ?? []) (to.other ??= new Map()).set(name, Math.max(to.other.get(name) ?? 0, value));
}

function hostPortsOf(pod: Pod): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  for (const container of pod.spec.containers) for (const port of container.ports ?? []) {
    if (port.hostPort === undefined || port.hostPort === 0) continue;
    (ports ??= []).push({ ip: port.hostIP === undefined || port.hostIP === '' ? '0.0.0.0' : port.hostIP, protocol: port.protocol ?? 'TCP', port: port.hostPort });
  }
  return ports ?? noPorts;
}
