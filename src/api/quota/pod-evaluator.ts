import { isPodTerminal } from '../core/pod-status.ts';
import { qosClass } from '../core/pod-qos.ts';
import { isExtendedResource, isNativeResource } from '../core/resource-names.ts';
import { parseTime } from '../time.ts';
import type { Container, Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from '../types.ts';
import { objectCountName, type QuotaEvaluator, selectorMatches } from './evaluator.ts';
import { hasPodLevelResources, podLimits, podRequests } from './pod-resources.ts';
import { addAmounts, type Amounts, amountsOf, countOf } from './resource-list.ts';

const COUNT = objectCountName('', 'pods');
const COMPUTE: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];
const NAMES: ReadonlySet<string> = new Set([COUNT, 'pods', ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])]);
/** Where these are limited each container has to name them; upstream calls it a mistake that stays. */
const REQUIRED: ReadonlySet<string> = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);
const DEVICE_CLASS = 'deviceclass.resource.kubernetes.io/';

/** What pods cost: their number, and what they ask for until they end. Kubernetes: pkg/quota/v1/evaluator/core/pods.go. */
export const podEvaluator: QuotaEvaluator = {
  matchingResources: (names) => names.filter((name) => NAMES.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-') || isExtendedQuota(name)),
  matchesScope: (selector, object) => matchesScope(selector, object as Pod),
  lacks: (names, object) => lacks(names, object as Pod),
  usage: (object, nowMs) => podUsage(object as Pod, nowMs),
  updates: {
    subresources: ['resize'],
    admitted: (subresource, next, old) => subresource === 'resize' || isTerminating(next as Pod) !== isTerminating(old as Pod),
    replenishes(next, old, nowMs) {
      const [pod, before] = [next as Pod, old as Pod];
      return isTerminating(pod) !== isTerminating(before) || (isCharged(before, nowMs) && !isCharged(pod, nowMs)) || wasResized(pod, before);
    },
  },
};

function isExtendedQuota(name: string): boolean {
  return name.startsWith('requests.') && (!isNativeResource(name) || name.startsWith(`requests.${DEVICE_CLASS}`));
}

function matchesScope(selector: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (selector.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass':
      return selectorMatches(selector, pod.spec.priorityClassName || undefined);
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

function isTerminating({ spec }: Pod): boolean {
  return spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0;
}

function isBestEffort(pod: Pod): boolean {
  return (pod.status?.qosClass || qosClass(pod)) === 'BestEffort';
}

function usesOtherNamespaces({ spec: { affinity } }: Pod): boolean {
  const crosses = ({ namespaces = [], namespaceSelector }: PodAffinityTerm) => namespaces.length > 0 || namespaceSelector !== undefined;
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((rules) => rules?.requiredDuringSchedulingIgnoredDuringExecution?.some(crosses)
    || rules?.preferredDuringSchedulingIgnoredDuringExecution?.some(({ podAffinityTerm }) => crosses(podAffinityTerm)));
}

/** Kubernetes: podEvaluator.Constraints. */
function lacks(names: readonly string[], { spec }: Pod): string | undefined {
  if (hasPodLevelResources(spec)) return undefined;
  const required = names.filter((name) => REQUIRED.has(name)).sort();
  const missing = required.flatMap((name) => {
    const without = [...spec.containers, ...(spec.initContainers ?? [])].filter((container) => !computeUsage(ownAmounts(container, 'requests'), ownAmounts(container, 'limits')).has(name));
    return without.length === 0 ? [] : [`${name} for: ${[...new Set(without.map((container) => container.name))].sort().join(',')}`];
  });
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`;
}

const ownAmounts = ({ resources }: Container, side: 'requests' | 'limits'): Amounts => amountsOf(resources?.[side]);

/** Kubernetes: PodUsageFunc. */
function podUsage(pod: Pod, nowMs: number): Amounts {
  const count: Amounts = new Map([[COUNT, countOf(1)]]);
  return isCharged(pod, nowMs) ? addAmounts(count, computeUsage(podRequests(pod), podLimits(pod))) : count;
}

/** Kubernetes: podComputeUsageHelper. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map([['pods', countOf(1)]]);
  for (const [name, quantity] of requests) {
    const isCompute = COMPUTE.includes(name);
    if (isCompute || name.startsWith('hugepages-')) usage.set(name, quantity);
    if (isCompute || name.startsWith('hugepages-') || isExtendedResource(name) || name.startsWith(DEVICE_CLASS)) usage.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of limits) if (COMPUTE.includes(name)) usage.set(`limits.${name}`, quantity);
  return usage;
}

/** A pod that has ended, or is stuck on its way out, costs nothing. Kubernetes: QuotaV1Pod. */
function isCharged(pod: Pod, nowMs: number): boolean {
  if (isPodTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= parseTime(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** Kubernetes: hasResourcesChanged. */
function wasResized(pod: Pod, old: Pod): boolean {
  if (pod.status === old.status) return false;
  return (['containerStatuses', 'initContainerStatuses'] as const).some((list) => old.status?.[list]?.some((before) => {
    const after = pod.status?.[list]?.find(({ name }) => name === before.name);
    return after !== undefined && JSON.stringify(after.resources) !== JSON.stringify(before.resources);
  }));
}
