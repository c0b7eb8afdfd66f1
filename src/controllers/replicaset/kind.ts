import {
  type ReplicaSet, replicaSets, type ReplicationController, replicationControllers, type ResourceRef, type Selector, selectorOf, selectorOfMap,
} from '../../api/index.ts';

/** What keeps a number of pods running: ReplicaSets and, older, ReplicationControllers. */
export type ReplicaOwner = ReplicaSet | ReplicationController;

/** How the two differ. */
export interface ReplicaKind<T extends ReplicaOwner> {
  readonly ref: ResourceRef<T>;
  readonly selectorOf: (owner: T) => Selector;
}

export const replicaSetKind: ReplicaKind<ReplicaSet> = {
  ref: replicaSets,
  selectorOf: (owner) => selectorOf(owner.spec.selector),
};

export const replicationControllerKind: ReplicaKind<ReplicationController> = {
  ref: replicationControllers,
  selectorOf: (owner) => selectorOfMap(owner.spec.selector),
};
