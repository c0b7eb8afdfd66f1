import { forbidden, invalid, notSupported, type FieldError } from '../../field-error.ts';
import { addQuantities, compareQuantities, formatQuantity, isQuantity, parseQuantity, type Quantity } from '../../quantity.ts';
import type { PodSpec, ResourceRequirements } from '../../types.ts';
import { isHugePages, mayOvercommit, validateResourceName } from '../resource-names.ts';
import { validateRequirements } from './resources.ts';

type Part = 'requests' | 'limits';
const supported = ['cpu', 'hugepages-', 'memory'];

function isPodLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePages(name);
}

/** What all containers of a pod need together; of init containers the most that is needed at one time. Kubernetes: resource helper, AggregateContainerRequests. */
function aggregate(spec: PodSpec, part: Part): ReadonlyMap<string, Quantity> {
  const sums = new Map<string, Quantity>();
  const sidecars = new Map<string, Quantity>();
  const add = (to: Map<string, Quantity>, name: string, quantity: Quantity) => {
    const sum = to.get(name);
    to.set(name, sum === undefined ? quantity : addQuantities(sum, quantity));
  };
  for (const container of spec.containers ?? []) for (const [name, quantity] of quantitiesOf(container.resources, part)) add(sums, name, quantity);
  const peaks = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const needed = new Map(sidecars);
    for (const [name, quantity] of quantitiesOf(container.resources, part)) {
      add(needed, name, quantity);
      if (container.restartPolicy !== 'Always') continue;
      add(sums, name, quantity);
      add(sidecars, name, quantity);
    }
    for (const [name, quantity] of needed) keepHigher(peaks, name, quantity);
  }
  for (const [name, quantity] of peaks) keepHigher(sums, name, quantity);
  return sums;
}

function quantitiesOf(resources: ResourceRequirements | undefined, part: Part): readonly (readonly [string, Quantity])[] {
  return Object.entries(resources?.[part] ?? {}).flatMap(([name, text]) => (isQuantity(text) ? [[name, parseQuantity(text)] as const] : []));
}

function keepHigher(map: Map<string, Quantity>, name: string, quantity: Quantity): void {
  const before = map.get(name);
  if (before === undefined || compareQuantities(quantity, before) > 0) map.set(name, quantity);
}

/** What a pod asks for as a whole follows from its containers, and from its limits. Kubernetes: defaultHugePagePodLimits, defaultPodRequests. */
export function defaultPodResources(spec: PodSpec): ResourceRequirements | undefined {
  const { resources } = spec;
  if (!resources) return resources;
  const limits: Record<string, string> = { ...resources.limits };
  const requests: Record<string, string> = { ...resources.requests };
  if (Object.keys(limits).length + Object.keys(requests).length > 0) {
    for (const [name, quantity] of aggregate(spec, 'limits')) {
      if (isHugePages(name) && requests[name] === undefined) limits[name] ??= formatQuantity(quantity);
    }
  }
  if (Object.keys(limits).length > 0) {
    for (const [name, quantity] of aggregate(spec, 'requests')) if (isPodLevel(name) && mayOvercommit(name)) requests[name] ??= formatQuantity(quantity);
    for (const name in limits) if (isPodLevel(name)) requests[name] ??= limits[name] ?? '0';
  }
  const sameSize = (list: Readonly<Record<string, string>>, before: ResourceRequirements[Part]) => Object.keys(list).length === Object.keys(before ?? {}).length;
  if (sameSize(limits, resources.limits) && sameSize(requests, resources.requests)) return resources;
  return { ...resources, ...(Object.keys(limits).length > 0 ? { limits } : {}), ...(Object.keys(requests).length > 0 ? { requests } : {}) };
}

/** Kubernetes: core validation, validatePodResources. */
export function validatePodResources(spec: PodSpec, path: string, errors: FieldError[]): void {
  const { resources } = spec;
  if (!resources) return;
  if (spec.os?.name === 'windows') {
    errors.push(forbidden(path, 'may not be set for a windows pod'));
    return;
  }
  if (resources.claims) errors.push(forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level'));
  validateRequirements(resources, validatePodResourceName, path, errors);
  validateConsistency(spec, resources, path, errors);
}

function validatePodResourceName(name: string, path: string, errors: FieldError[]): void {
  const countBefore = errors.length;
  validateResourceName(name, path, errors);
  if (errors.length === countBefore && !isPodLevel(name)) errors.push(notSupported(path, name, supported));
}

/** The whole is not less than its parts. Kubernetes: core validation, validatePodResourceConsistency. */
function validateConsistency(spec: PodSpec, resources: ResourceRequirements, path: string, errors: FieldError[]): void {
  for (const part of ['requests', 'limits'] as const) {
    for (const [name, sum] of aggregate(spec, part)) {
      const text = resources[part]?.[name];
      if (text === undefined || !isQuantity(text) || (part === 'limits' && !isHugePages(name))) continue;
      if (compareQuantities(sum, parseQuantity(text)) > 0) {
        errors.push(invalid(`${path}.${part}[${name}]`, text, `must be greater than or equal to aggregate container ${part} of ${formatQuantity(sum)}`));
      }
    }
  }
  spec.containers?.forEach((container, index) => {
    for (const [name, limit] of quantitiesOf(container.resources, 'limits')) {
      const text = resources.limits?.[name];
      if (text === undefined || !isQuantity(text) || compareQuantities(limit, parseQuantity(text)) <= 0) continue;
      errors.push(invalid(`${path}.containers[${index}][${name}].limits`, formatQuantity(limit), `must be less than or equal to pod limits of ${text}`));
    }
  });
}
