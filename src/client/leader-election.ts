import { type Disposable, toDisposable } from '../base/index.ts';
import { formatMicroTime, hasReason, type Lease, leases } from '../api/index.ts';
import type { Clock, Random } from '../world/index.ts';
import type { Client } from './client.ts';


export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly namespace: string;
  /** The Lease's name, e.g. kube-scheduler. */
  readonly name: string;
  /** Who we are; different for each replica. */
  readonly identity: string;
  /** Starts the work; its result is disposed when the lead is lost. Upstream's processes end then; here the election goes on. */
  readonly lead: () => Disposable;
}

/** Kubernetes: the component defaults. A lease that nobody renewed for leaseMs may be taken; a leader that can't renew for renewMs gives up. */
const leaseMs = 15_000;
const renewMs = 10_000;
const retryMs = 2_000;
/** Followers wait up to this factor more, so that they don't all try at once. */
const jitterFactor = 1.2;

/**
 * At most one of those who run for a Lease leads. Times of others are not trusted: a lease counts as fresh from the
 * moment we saw it change. Kubernetes: client-go tools/leaderelection.
 */
export function runLeaderElection(options: LeaderElectionOptions): Disposable {
  const { clock, identity, random } = options;
  const resource = options.client.resource(leases);
  const name = { namespace: options.namespace, name: options.name };
  let disposed = false;
  let timer: Disposable | undefined;
  let work: Disposable | undefined;
  let observed: Lease | undefined;
  let observedMs = 0;
  let renewedMs = 0;

  const observe = (lease: Lease) => {
    if (lease.metadata.resourceVersion === observed?.metadata.resourceVersion) return;
    observed = lease;
    observedMs = clock.nowMs();
  };
  const specFor = (old: Lease | undefined) => {
    const now = formatMicroTime(clock.nowMs());
    const same = old?.spec.holderIdentity === identity;
    return {
      holderIdentity: identity, leaseDurationSeconds: leaseMs / 1000,
      acquireTime: same ? old.spec.acquireTime ?? now : now,
      renewTime: now,
      leaseTransitions: (old?.spec.leaseTransitions ?? 0) + (old === undefined || same ? 0 : 1),
    };
  };
  /** True where the lease is ours now. */
  const tryAcquireOrRenew = async (): Promise<boolean> => {
    let lease: Lease;
    try {
      lease = work !== undefined && observed !== undefined ? observed : await resource.get(name);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      observe(await resource.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: name, spec: specFor(undefined) }));
      return true;
    }
    observe(lease);
    const holder = lease.spec.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && clock.nowMs() < observedMs + leaseMs) return false;
    try {
      observe(await resource.update({ ...lease, spec: { ...lease.spec, ...specFor(lease) } }));
    } catch (error) {
      if (hasReason(error, 'Conflict', 'NotFound')) observe(await resource.get(name)); // the next try starts from what is there
      throw error;
    }
    return true;
  };
  const stopLeading = () => {
    if (work === undefined) return;
    work.dispose();
    work = undefined;
  };
  const step = async () => {
    const held = await tryAcquireOrRenew().catch(() => false);
    if (disposed) return;
    if (held) {
      renewedMs = clock.nowMs();
      work ??= options.lead();
    } else if (work !== undefined && clock.nowMs() - renewedMs >= renewMs) stopLeading();
    else if (work !== undefined && observed?.spec.holderIdentity !== identity) stopLeading();
    const delayMs = work === undefined ? retryMs * (1 + jitterFactor * random.next()) : retryMs;
    timer = clock.schedule(delayMs, () => void step());
  };

  void step();
  return toDisposable(() => {
    disposed = true;
    timer?.dispose();
    const mine = work !== undefined && observed?.spec.holderIdentity === identity ? observed : undefined;
    work?.dispose();
    work = undefined;
    if (mine === undefined) return;
    // Release, so that the next one need not wait. Kubernetes: ReleaseOnCancel.
    const { holderIdentity: _held, ...spec } = mine.spec;
    resource.update({ ...mine, spec: { ...spec, leaseDurationSeconds: 1, holderIdentity: '' } }).catch(() => undefined); // the lease runs out by itself
  });
}
