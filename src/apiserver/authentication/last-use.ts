import { formatTime, type Secret } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';

const LAST_USED_LABEL = 'kubernetes.io/legacy-token-last-used';
const DAY_MS = 86_400_000;

/** Says on a Secret on which day its token was used last, so that tokens that nobody uses can go. Kubernetes: patchSecretWithLastUsedDate. */
export function labelLastUse({ metadata }: Secret, transport: Transport, clock: Clock): void {
  const dayOf = (timeMs: number) => formatTime(timeMs).slice(0, 10);
  const [today, tomorrow] = [dayOf(clock.nowMs()), dayOf(clock.nowMs() + DAY_MS)];
  const lastUsed = metadata.labels?.[LAST_USED_LABEL];
  if (lastUsed === today || lastUsed === tomorrow) return;
  // Who uses the token does not wait for it, and a use that is not noted will be at the next.
  transport.request({
    verb: 'patch', group: '', version: 'v1', resource: 'secrets', namespace: metadata.namespace ?? '', name: metadata.name, patchType: 'application/merge-patch+json',
    body: { metadata: { uid: metadata.uid, labels: { [LAST_USED_LABEL]: today } } },
  }).catch(() => undefined);
}
