import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice } from '../../api/index.ts';
import { sameValue } from '../../api/index.ts';
import { endpointKey, type PortGroup, portsKey } from './desired.ts';

/** Kubernetes: --max-endpoints-per-slice. */
const endpointsPerSliceMax = 100;

/** The writes that bring slices to what they should hold. */
export interface SlicePlan {
  readonly create: readonly SliceContent[];
  readonly update: readonly { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[];
  readonly remove: readonly EndpointSlice[];
}

export interface SliceContent {
  readonly ports: readonly DiscoveryV1EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * Few writes rather than well-filled slices: endpoints stay in the slice where they are; new ones go to slices that are
 * written anyway, then to the fullest slice that takes them all, and only then to new slices.
 * Kubernetes: endpointslice/reconciler.go, reconcileByPortMapping. labelsWrong: the slice has to be written for its labels.
 */
export function planSlices(groups: ReadonlyMap<string, PortGroup>, slices: readonly EndpointSlice[], labelsWrong: (slice: EndpointSlice) => boolean): SlicePlan {
  const create: SliceContent[] = [];
  const update = new Map<EndpointSlice, Endpoint[]>();
  const remove: EndpointSlice[] = [];
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = portsKey(slice.ports);
    const list = byPorts.get(key);
    if (list === undefined) byPorts.set(key, [slice]);
    else list.push(slice);
  }
  for (const [key, list] of byPorts) if (!groups.has(key)) remove.push(...list);
  for (const [key, group] of groups) planGroup(group, byPorts.get(key) ?? [], labelsWrong, create, update, remove);

  if (groups.size === 0 && slices.length > 0 && remove.length === slices.length) {
    // A Service always has at least one slice; one that is there serves as well as a new empty one.
    const kept = remove.shift() as EndpointSlice;
    if (kept.endpoints.length > 0 || labelsWrong(kept)) update.set(kept, []);
  } else if (groups.size === 0 && slices.length === 0) create.push({ ports: [], endpoints: [] });
  return { create, update: [...update].map(([slice, endpoints]) => ({ slice, endpoints })), remove };
}

function planGroup(
  group: PortGroup, slices: readonly EndpointSlice[], labelsWrong: (slice: EndpointSlice) => boolean,
  create: SliceContent[], update: Map<EndpointSlice, Endpoint[]>, remove: EndpointSlice[],
): void {
  const missing = new Map(group.endpoints);
  const changed = new Map<EndpointSlice, Endpoint[]>();
  const unchanged = new Set<EndpointSlice>();
  const emptied: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    let differs = labelsWrong(slice);
    for (const old of slice.endpoints) {
      const wanted = missing.get(endpointKey(old));
      if (wanted === undefined) continue;
      missing.delete(endpointKey(old));
      const same = sameValue(wanted, old);
      kept.push(same ? old : wanted);
      if (!same) differs = true;
    }
    if (kept.length === 0) emptied.push(slice);
    else if (differs || kept.length < slice.endpoints.length) changed.set(slice, kept);
    else unchanged.add(slice);
  }
  const fill = (endpoints: Endpoint[]) => {
    for (const [key, endpoint] of missing) {
      if (endpoints.length >= endpointsPerSliceMax) return;
      endpoints.push(endpoint);
      missing.delete(key);
    }
  };
  for (const [, endpoints] of [...changed].sort(([, a], [, b]) => b.length - a.length)) fill(endpoints);
  while (missing.size > 0) {
    const target = missing.size < endpointsPerSliceMax ? fullestThatTakes(unchanged, missing.size) : undefined;
    const endpoints = target === undefined ? [] : [...target.endpoints];
    fill(endpoints);
    const reused = target ?? emptied.shift(); // a slice that would go is written instead of a new one
    if (reused === undefined) create.push({ ports: group.ports, endpoints });
    else {
      unchanged.delete(reused);
      changed.set(reused, endpoints);
    }
  }
  remove.push(...emptied);
  for (const [slice, endpoints] of changed) update.set(slice, endpoints);
}

function fullestThatTakes(slices: ReadonlySet<EndpointSlice>, count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  for (const slice of slices) {
    if (slice.endpoints.length + count > endpointsPerSliceMax) continue;
    if (best === undefined || slice.endpoints.length > best.endpoints.length) best = slice;
  }
  return best;
}
