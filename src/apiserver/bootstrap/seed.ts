import { formatTime, type KubernetesObject, type NewObject, type ObjectMeta } from '../../api/index.ts';
import type { Operation, Store } from '../../etcd/index.ts';
import type { Clock, Random } from '../../world/index.ts';
import { putOperation } from '../registry/commit.ts';
import type { Endpoints } from '../resource-table.ts';

/** One object that a new cluster has. */
export interface Seed {
  readonly group: string;
  readonly resource: string;
  readonly object: NewObject<KubernetesObject>;
  /** What the server itself says of it, at the time of its creation. */
  readonly status?: (now: string) => object;
}

export interface SeedOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly endpoints: Endpoints;
}

/** What etcd takes in one transaction. etcd: --max-txn-ops. */
const OPERATIONS_MAX = 128;

/**
 * Writes the objects of a new cluster in as few transactions as can be; before the first request nobody can be in the way.
 * They are our own, so that nothing is admitted or validated here: a test holds the outcome against the way through the door.
 */
export async function seed(options: SeedOptions, seeds: readonly Seed[]): Promise<void> {
  const operations: Operation[] = [];
  for (const each of seeds) {
    const operation = seedOperation(options, each);
    if (operation !== undefined) operations.push(operation);
  }
  for (let from = 0; from < operations.length; from += OPERATIONS_MAX) {
    const some = operations.slice(from, from + OPERATIONS_MAX);
    await options.store.txn({ compare: some.map(({ key }) => ({ key, modRevision: 0 })), operations: some });
  }
}

function seedOperation({ clock, random, endpoints }: SeedOptions, { group, resource, object: wanted, status }: Seed): Operation | undefined {
  const endpoint = endpoints.find(group, 'v1', resource);
  if (endpoint === undefined) return undefined;
  const { cache, definition: { strategy } } = endpoint;
  const metadata = { ...wanted.metadata, uid: random.uuid(), creationTimestamp: formatTime(clock.nowMs()) } as ObjectMeta;
  const object = strategy.prepareForCreate(strategy.defaults({ ...wanted, metadata } as KubernetesObject));
  const whole = status === undefined ? object : { ...object, status: status(formatTime(clock.nowMs())) };
  return putOperation(cache.keyOf(metadata.namespace ?? '', metadata.name), whole);
}
