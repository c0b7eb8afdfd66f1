import { deepFreeze } from '../../../base/index.ts';
import { formatTime, type IPAddress, ipAddresses, type KubernetesObject, type Service } from '../../../api/index.ts';
import type { Store } from '../../../etcd/index.ts';
import type { Clock, Random } from '../../../world/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import { deleteOperation, putOperation } from '../commit.ts';
import { ipToNumber } from './ip-range.ts';

const FAMILY = 'ipaddress.kubernetes.io/ip-family';
const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
const ALLOCATOR = 'ipallocator.k8s.io';

export interface AddressKeeperDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly services: ResourceCache;
  readonly addresses: ResourceCache;
}

/** The object that says which Service has an address. Kubernetes: ipallocator, createIPAddress. */
export function serviceIpAddress(ip: string, namespace: string, name: string): Pick<IPAddress, 'apiVersion' | 'kind' | 'spec'> & { readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> } } {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: ip, labels: { [FAMILY]: 'IPv4', [MANAGED_BY]: ALLOCATOR } },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
}

/** True for addresses that stand for a Service of this server; all others only keep the allocator away. */
export function isAllocated(object: KubernetesObject): boolean {
  return object.metadata.labels?.[MANAGED_BY] === ALLOCATOR;
}

/**
 * Lets every cluster IP have its IPAddress, and none that no Service has. It follows the Services right behind their own
 * write, so that nobody waits for it, and mends what is missing at a start. Kubernetes: ipallocator and its repair controller.
 */
export class AddressKeeper {
  private readonly deps: AddressKeeperDeps;
  /** Addresses to be looked at. */
  private readonly pending = new Set<string>();
  /** The Service that has an address, by the address. */
  private readonly owners = new Map<string, Service>();
  private stopped = false;

  constructor(deps: AddressKeeperDeps) {
    this.deps = deps;
    deps.services.onChange((object, previous) => {
      for (const ip of addressesOf(previous)) {
        if (this.owners.get(ip)?.metadata.uid === previous?.metadata.uid) this.owners.delete(ip);
        this.look(ip);
      }
      for (const ip of addressesOf(object)) {
        this.owners.set(ip, object as Service);
        this.look(ip);
      }
    });
    deps.addresses.onChange((object, previous) => {
      if (object === undefined && previous !== undefined) this.look(previous.metadata.name);
    });
  }

  stop(): void {
    this.stopped = true;
    this.pending.clear();
  }

  private look(ip: string): void {
    if (this.pending.size === 0) void Promise.resolve().then(() => this.mend());
    this.pending.add(ip);
  }

  private mend(): void {
    for (const ip of this.pending) {
      if (this.stopped) break;
      const { store, addresses } = this.deps;
      const key = addresses.keyOf('', ip);
      const owner = this.owners.get(ip);
      const existing = addresses.objects.get('', ip);
      // Whoever was quicker has made the change for us, or makes another one that comes here again.
      if (owner !== undefined && existing === undefined) {
        void store.txn({ compare: [{ key, modRevision: 0 }], operations: [putOperation(key, this.newAddress(ip, owner))] }).catch(ignored);
      } else if (owner === undefined && existing !== undefined && isAllocated(existing.object)) {
        void store.txn({ compare: [{ key, modRevision: existing.modRevision }], operations: [deleteOperation(key, existing.object)] }).catch(ignored);
      } else if (owner !== undefined && existing !== undefined && isAllocated(existing.object) && !isOf(existing.object as IPAddress, owner)) {
        const next = { ...existing.object, spec: serviceIpAddress(ip, owner.metadata.namespace ?? '', owner.metadata.name).spec };
        void store.txn({ compare: [{ key, modRevision: existing.modRevision }], operations: [putOperation(key, next)] }).catch(ignored);
      }
    }
    this.pending.clear();
  }

  private newAddress(ip: string, owner: Service): KubernetesObject {
    const { clock, random } = this.deps;
    const wanted = serviceIpAddress(ip, owner.metadata.namespace ?? '', owner.metadata.name);
    const metadata = { ...wanted.metadata, uid: random.uuid(), creationTimestamp: formatTime(clock.nowMs()), resourceVersion: '' };
    return deepFreeze(ipAddresses.strategy.prepareForCreate({ ...wanted, metadata } as IPAddress));
  }
}

/** A store that takes no writes has told the writer of the Service. */
function ignored(): void {}

function isOf({ spec }: IPAddress, { metadata }: Service): boolean {
  return spec.parentRef?.name === metadata.name && spec.parentRef.namespace === metadata.namespace;
}

function addressesOf(object: KubernetesObject | undefined): readonly string[] {
  const ip = (object as Service | undefined)?.spec.clusterIP;
  return ip === undefined || ipToNumber(ip) === undefined ? [] : [ip];
}
