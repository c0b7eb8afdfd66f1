import { LABEL_REGION, LABEL_ZONE, type Node } from '../../api/index.ts';

/** How much of a zone is down decides how fast its pods are evicted: perhaps it is the network that is down. */
export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Kubernetes: --node-eviction-rate, --secondary-node-eviction-rate, --unhealthy-zone-threshold, --large-cluster-size-threshold. */
const nodesPerSecond = 0.1;
const nodesPerSecondSecondary = 0.01;
const unhealthyFraction = 0.55;
const largeZoneNodes = 50;

export const zoneOf = (node: Node) => `${node.metadata.labels?.[LABEL_REGION] ?? ''}:\u0000:${node.metadata.labels?.[LABEL_ZONE] ?? ''}`;

/** Kubernetes: ComputeZoneState. */
export function zoneState(readyNodes: number, notReadyNodes: number): ZoneState {
  if (readyNodes === 0 && notReadyNodes > 0) return 'FullDisruption';
  if (notReadyNodes > 2 && notReadyNodes / (readyNodes + notReadyNodes) >= unhealthyFraction) return 'PartialDisruption';
  return 'Normal';
}

/** Nodes a second that may be tainted NoExecute. Kubernetes: setLimiterInZone. */
export function evictionRate(state: ZoneState, nodeCount: number): number {
  if (state !== 'PartialDisruption') return nodesPerSecond;
  return nodeCount > largeZoneNodes ? nodesPerSecondSecondary : 0;
}

/** Lets one node through at a time, at a rate that may change. */
export class ZoneLimiter {
  private lastMs = Number.NEGATIVE_INFINITY;

  /** True at most once in 1/rate seconds. rate 0: never. */
  tryTake(rate: number, nowMs: number): boolean {
    if (rate === 0 || nowMs - this.lastMs < 1000 / rate) return false;
    this.lastMs = nowMs;
    return true;
  }
}
