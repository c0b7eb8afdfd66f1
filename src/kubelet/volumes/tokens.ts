import { type Disposable, DisposableStore } from '../../base/index.ts';
import { parseTime, type Pod } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';

/** A pod's service account tokens: asked for when the pod starts, asked for again before they expire. Kubernetes: kubelet/token, Manager. */
export interface TokenManager extends Disposable {
  /** Makes sure that the pod's token for an audience is here. Rejects with StatusError. */
  request(pod: Pod, audience: string, expirationSeconds: number, onRefresh: () => void): Promise<void>;
  /** Gives the token that request() got, or one that has taken its place; undefined: there is none. It may be signed only when it is looked at. */
  token(pod: Pod, audience: string): (() => string) | undefined;
  forget(uid: string): void;
}

interface TokenEntry {
  readonly pod: Pod;
  readonly audience: string;
  readonly expirationSeconds: number;
  answer: TokenAnswer | undefined;
  /** When it is asked for anew: after 80 % of its life, or a day. */
  refreshAtMs: number;
  onRefresh: () => void;
}

/** What is read of a TokenRequest's status. */
interface TokenAnswer {
  readonly token: string;
  readonly expirationTimestamp: string;
}

const dayMs = 86_400_000;
const retryMs = 60_000;

/** The token manager of one node, with one timer for all tokens. */
export function createTokenManager({ transport, clock }: { readonly transport: Transport; readonly clock: Clock }): TokenManager {
  const store = new DisposableStore();
  const byPod = new Map<string, Map<string, TokenEntry>>();
  let timer: Disposable | undefined;
  let timerAtMs = Number.POSITIVE_INFINITY;

  const ask = async (entry: TokenEntry) => {
    const { metadata, spec } = entry.pod;
    const answer = await transport.request({
      verb: 'create', group: '', version: 'v1', resource: 'serviceaccounts', subresource: 'token',
      namespace: metadata.namespace ?? '', name: spec.serviceAccountName ?? 'default',
      body: {
        apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {},
        spec: {
          audiences: entry.audience === '' ? [] : [entry.audience], expirationSeconds: entry.expirationSeconds,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: metadata.name, uid: metadata.uid },
        },
      },
    }) as { readonly status: TokenAnswer };
    entry.answer = answer.status;
    const lifeMs = parseTime(answer.status.expirationTimestamp) - clock.nowMs();
    entry.refreshAtMs = clock.nowMs() + Math.max(retryMs, Math.min(lifeMs * 0.8, dayMs));
    arm(entry.refreshAtMs);
  };
  // One timer for all pods of the node: it looks for tokens that are due when the earliest is.
  const arm = (atMs: number) => {
    if (store.isDisposed || atMs >= timerAtMs) return;
    timer?.dispose();
    timerAtMs = atMs;
    timer = clock.schedule(Math.max(0, atMs - clock.nowMs()), refreshDue);
  };
  const refreshDue = () => {
    timerAtMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.nowMs();
    for (const entries of byPod.values()) {
      for (const entry of entries.values()) {
        if (entry.refreshAtMs > nowMs) {
          arm(entry.refreshAtMs);
          continue;
        }
        ask(entry).then(() => entry.onRefresh(), () => {
          entry.refreshAtMs = clock.nowMs() + retryMs;
          arm(entry.refreshAtMs);
        });
      }
    }
  };
  return {
    async request(pod, audience, expirationSeconds, onRefresh) {
      const { uid } = pod.metadata;
      let entries = byPod.get(uid);
      if (entries === undefined) byPod.set(uid, entries = new Map());
      if (entries.has(audience)) return;
      const entry: TokenEntry = { pod, audience, expirationSeconds, answer: undefined, refreshAtMs: 0, onRefresh };
      await ask(entry);
      entries.set(audience, entry);
    },
    token(pod, audience) {
      const answer = byPod.get(pod.metadata.uid)?.get(audience)?.answer;
      return answer === undefined ? undefined : () => answer.token;
    },
    forget: (uid) => void byPod.delete(uid),
    dispose() {
      store.dispose();
      timer?.dispose();
      byPod.clear();
    },
  };
}
