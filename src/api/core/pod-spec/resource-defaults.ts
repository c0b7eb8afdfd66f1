import { canonicalQuantity, formatQuantity, isQuantity, parseQuantity } from '../../quantity.ts';
import type { ResourceRequirements } from '../../types.ts';

type ResourceList = Readonly<Record<string, string>>;

const nanosPerMilli = 1_000_000n;

/**
 * A resource list with its quantities in canonical form and rounded up to thousandths; the same object where that
 * changes nothing. What is no quantity stays as it is: validation will say so. Kubernetes: SetDefaults_ResourceList.
 */
export function defaultResourceList(list: ResourceList): ResourceList {
  let result: Record<string, string> | undefined;
  for (const name in list) {
    const text = list[name] as unknown;
    const canonical = typeof text === 'number' ? roundedQuantity(String(text)) : typeof text === 'string' ? roundedQuantity(text) : undefined;
    if (canonical === undefined || canonical === text) continue;
    result ??= { ...list };
    result[name] = canonical;
  }
  return result ?? list;
}

function roundedQuantity(text: string): string | undefined {
  if (!isQuantity(text)) return undefined;
  const quantity = parseQuantity(text);
  const rest = quantity.nanos % nanosPerMilli;
  if (rest === 0n) return canonicalQuantity(text);
  const down = quantity.nanos - rest;
  return formatQuantity({ ...quantity, nanos: rest > 0n ? down + nanosPerMilli : down });
}

const noRequirements: ResourceRequirements = Object.freeze({});

/** Requests and limits in canonical form; {} where there are none. */
export function defaultResources(resources: ResourceRequirements | undefined): ResourceRequirements {
  if (resources === undefined || resources === null) return noRequirements;
  const { limits, requests } = resources;
  const newLimits = limits === undefined ? undefined : defaultResourceList(limits);
  const newRequests = requests === undefined ? undefined : defaultResourceList(requests);
  if (newLimits === limits && newRequests === requests) return resources;
  return {
    ...resources,
    ...(newLimits === undefined ? {} : { limits: newLimits }),
    ...(newRequests === undefined ? {} : { requests: newRequests }),
  };
}

/** Requests that are missing where there is a limit become the limit. Only pods get this, never templates. Kubernetes: SetDefaults_Pod. */
export function requestsFromLimits(resources: ResourceRequirements | undefined): ResourceRequirements | undefined {
  const limits = resources?.limits;
  if (limits === undefined || limits === null) return resources;
  let requests: Record<string, string> | undefined;
  for (const name in limits) {
    if (resources?.requests?.[name] !== undefined) continue;
    requests ??= { ...resources?.requests };
    requests[name] = limits[name] ?? '0';
  }
  return requests === undefined ? resources : { ...resources, requests };
}
