import type { Container, ContainerStatus, Pod, PodSpec } from '../types.ts';
import { addQuantities } from '../quantity.ts';
import { addAmounts, type Amounts, amountsOf, maxAmounts } from './resource-list.ts';

type Side = 'requests' | 'limits';

const NOTHING: Amounts = new Map();

/** What a pod asks for: containers together or the greatest init container, what is set for the whole pod, and overhead. Kubernetes: component-helpers/resource, PodRequests. */
export function podRequests(pod: Pod): Amounts {
  const requests = withPodLevel(containerAmounts(pod.spec, 'requests', statusesOf(pod), isInfeasible(pod)), pod.spec, 'requests', true);
  return pod.spec.overhead === undefined ? requests : addAmounts(requests, amountsOf(pod.spec.overhead));
}

/** What a pod may use at most. Kubernetes: component-helpers/resource, PodLimits. */
export function podLimits(pod: Pod): Amounts {
  const limits = new Map(withPodLevel(containerAmounts(pod.spec, 'limits', statusesOf(pod), isInfeasible(pod)), pod.spec, 'limits', true));
  for (const [name, quantity] of amountsOf(pod.spec.overhead)) {
    const known = limits.get(name);
    if (known !== undefined && known.nanos !== 0n) limits.set(name, addQuantities(known, quantity));
  }
  return limits;
}

/** What a spec's containers and the pod itself name, without overhead and whatever is in use. Kubernetes: limitranger, podRequests and podLimits. */
export function specAmounts(spec: PodSpec, side: Side): Amounts {
  return withPodLevel(containerAmounts(spec, side, undefined, false), spec, side, false);
}

/** True where cpu, memory or huge pages are set for the whole pod. Kubernetes: IsPodLevelResourcesSet. */
export function hasPodLevelResources({ resources }: PodSpec): boolean {
  return [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some((name) => isPodLevel(name, true));
}

function isPodLevel(name: string, hugePages: boolean): boolean {
  return name === 'cpu' || name === 'memory' || (hugePages && name.startsWith('hugepages-'));
}

function withPodLevel(amounts: Amounts, spec: PodSpec, side: Side, hugePages: boolean): Amounts {
  const own = spec.resources?.[side];
  if (own === undefined) return amounts;
  const result = new Map(amounts);
  for (const [name, quantity] of amountsOf(own)) if (isPodLevel(name, hugePages)) result.set(name, quantity);
  return result;
}

function containerAmounts(spec: PodSpec, side: Side, statuses: ReadonlyMap<string, ContainerStatus> | undefined, infeasible: boolean): Amounts {
  let total = NOTHING;
  for (const container of spec.containers) total = addAmounts(total, effective(container, side, statuses, infeasible));
  let sidecars = NOTHING;
  let initial = NOTHING;
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      const own = effective(container, side, statuses, infeasible);
      total = addAmounts(total, own);
      sidecars = addAmounts(sidecars, own);
      initial = maxAmounts(initial, sidecars);
    } else initial = maxAmounts(initial, addAmounts(amountsOf(container.resources?.[side]), sidecars));
  }
  return maxAmounts(total, initial);
}

/** While a container is resized, the greater of what is wanted and what it has counts. Kubernetes: determineEffectiveRequests, determineEffectiveLimits. */
function effective({ name, resources }: Container, side: Side, statuses: ReadonlyMap<string, ContainerStatus> | undefined, infeasible: boolean): Amounts {
  const wanted = amountsOf(resources?.[side]);
  const status = statuses?.get(name);
  if (status?.resources === undefined) return wanted;
  const actual = amountsOf(status.resources[side]);
  const inUse = side === 'requests' ? maxAmounts(actual, amountsOf(status.allocatedResources)) : actual;
  return infeasible ? inUse : maxAmounts(wanted, inUse);
}

function statusesOf({ status }: Pod): ReadonlyMap<string, ContainerStatus> | undefined {
  if (status?.containerStatuses === undefined && status?.initContainerStatuses === undefined) return undefined;
  return new Map([...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].map((each) => [each.name, each]));
}

function isInfeasible({ status }: Pod): boolean {
  return status?.conditions?.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible';
}
