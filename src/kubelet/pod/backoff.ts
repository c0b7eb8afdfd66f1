/** An exponential back-off of one thing. Kubernetes: client-go util/flowcontrol, Backoff. */
export interface Backoff {
  readonly delayMs: number;
  readonly lastUpdateMs: number;
}

/** Kubernetes: kubelet's backOffPeriod/MaxContainerBackOff and image back-off: 10 s, doubled up to 300 s. */
export const backoffMsInitial = 10_000;
export const backoffMsMax = 300_000;

/** True where so much time went by since the last failure that it is forgotten: twice the maximum. */
function isExpired(backoff: Backoff, eventMs: number): boolean {
  return eventMs - backoff.lastUpdateMs > 2 * backoffMsMax;
}

/** The back-off after one more failure. */
export function nextBackoff(backoff: Backoff | undefined, eventMs: number, nowMs: number): Backoff {
  const delayMs = backoff === undefined || isExpired(backoff, eventMs) ? backoffMsInitial : Math.min(backoff.delayMs * 2, backoffMsMax);
  return { delayMs, lastUpdateMs: nowMs };
}

/** When the wait that began at eventMs is over; undefined where there is nothing to wait for. */
export function backoffEndMs(backoff: Backoff | undefined, eventMs: number): number | undefined {
  return backoff === undefined || isExpired(backoff, eventMs) ? undefined : eventMs + backoff.delayMs;
}

/** Go's text of a duration in whole seconds: 10s, 1m20s, 5m0s, 1h0m0s. */
export function formatSeconds(totalSeconds: number): string {
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = totalSeconds % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
