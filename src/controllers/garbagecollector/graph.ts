import { FINALIZER_FOREGROUND, FINALIZER_ORPHAN, type KubernetesObject, type OwnerReference } from '../../api/index.ts';
import type { ServedResource } from '../shared/resources.ts';

/** An object in the graph of owners and dependents. */
export interface GraphNode {
  readonly uid: string;
  /** What is known of it: from the watch, or, virtual, from a dependent's reference. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  /** Undefined while the node is virtual. */
  resource: ServedResource | undefined;
  owners: readonly OwnerReference[];
  readonly dependents: Set<GraphNode>;
  isBeingDeleted: boolean;
  /** It waits for its dependents to go first (foreground deletion). */
  isDeletingDependents: boolean;
  /** Only heard of, not seen. */
  isVirtual: boolean;
}

/** What the collector has to look at after a change. */
export interface GraphWork {
  /** Perhaps it has no owner any more, or may go on with its own deletion. */
  delete(node: GraphNode): void;
  /** It is being deleted and its dependents are to stay. */
  orphan(node: GraphNode): void;
}

/**
 * Who owns whom, kept from watches of everything. It only says what to look at; whether an object really goes is decided
 * with the API server's own answer. Kubernetes: garbagecollector/graph_builder.go.
 */
export class OwnerGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly work: GraphWork;
  /** Owners that were looked for and are not there: their uids never come back. Bounded. */
  private readonly absent = new Set<string>();

  constructor(work: GraphWork) {
    this.work = work;
  }

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  isAbsent(uid: string): boolean {
    return this.absent.has(uid);
  }

  markAbsent(uid: string): void {
    this.absent.add(uid);
    if (this.absent.size > absentMax) for (const oldest of this.absent) {
      this.absent.delete(oldest);
      return;
    }
  }

  /** An object came, or changed from old. */
  set(resource: ServedResource, old: KubernetesObject | undefined, object: KubernetesObject): void {
    const { metadata } = object;
    const known = this.nodes.get(metadata.uid);
    const owners = metadata.ownerReferences ?? noOwners;
    let node: GraphNode;
    if (known === undefined || known.isVirtual) {
      node = this.insert(resource, object, known);
      this.link(node, owners);
    } else {
      node = known;
      if (node.owners !== owners) this.relink(node, owners);
    }
    node.isBeingDeleted = metadata.deletionTimestamp !== undefined;
    if (starts(old, object, FINALIZER_ORPHAN)) this.work.orphan(node);
    if (!node.isDeletingDependents && starts(old, object, FINALIZER_FOREGROUND)) {
      node.isDeletingDependents = true;
      for (const dependent of node.dependents) this.work.delete(dependent);
      this.work.delete(node);
    }
  }

  /** An object is gone. */
  remove(uid: string): void {
    const node = this.nodes.get(uid);
    if (node === undefined) return;
    this.nodes.delete(uid);
    this.unlink(node, node.owners);
    this.markAbsent(uid);
    for (const dependent of node.dependents) {
      if (this.nodes.has(dependent.uid)) this.work.delete(dependent);
    }
    for (const owner of node.owners) {
      const ownerNode = this.nodes.get(owner.uid);
      if (ownerNode?.isDeletingDependents === true) this.work.delete(ownerNode);
    }
  }

  /** Those whose blockOwnerDeletion keeps the node from going. */
  blockingDependents(node: GraphNode): readonly GraphNode[] {
    return [...node.dependents].filter((dependent) => dependent.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true));
  }

  private insert(resource: ServedResource, object: KubernetesObject, virtual: GraphNode | undefined): GraphNode {
    const { uid, name, namespace } = object.metadata;
    const node: GraphNode = {
      uid, name, namespace, kind: resource.kind, resource,
      apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
      owners: noOwners, dependents: new Set(virtual?.dependents), isBeingDeleted: false, isDeletingDependents: false, isVirtual: false,
    };
    this.nodes.set(uid, node);
    // A reference that named it wrongly (another namespace) may have to be thought over.
    if (virtual !== undefined && (virtual.namespace !== namespace || virtual.name !== name)) for (const dependent of node.dependents) this.work.delete(dependent);
    return node;
  }

  private link(node: GraphNode, owners: readonly OwnerReference[]): void {
    node.owners = owners;
    for (const reference of owners) {
      let owner = this.nodes.get(reference.uid);
      if (owner === undefined) {
        owner = {
          uid: reference.uid, apiVersion: reference.apiVersion, kind: reference.kind, name: reference.name, namespace: node.namespace,
          resource: undefined, owners: noOwners, dependents: new Set(), isBeingDeleted: false, isDeletingDependents: false, isVirtual: true,
        };
        this.nodes.set(reference.uid, owner);
        this.work.delete(owner); // to find out whether it exists
      } else if (!owner.isVirtual && owner.namespace !== undefined && owner.namespace !== node.namespace) this.work.delete(node);
      owner.dependents.add(node);
    }
  }

  private unlink(node: GraphNode, owners: readonly OwnerReference[]): void {
    for (const reference of owners) {
      const owner = this.nodes.get(reference.uid);
      if (owner === undefined) continue;
      owner.dependents.delete(node);
      if (owner.isVirtual && owner.dependents.size === 0) this.nodes.delete(owner.uid);
    }
  }

  private relink(node: GraphNode, owners: readonly OwnerReference[]): void {
    const before = node.owners;
    this.unlink(node, before.filter((old) => !owners.some((owner) => owner.uid === old.uid)));
    this.link(node, owners);
    for (const old of before) {
      const now = owners.find((owner) => owner.uid === old.uid);
      const unblocks = old.blockOwnerDeletion === true && now?.blockOwnerDeletion !== true;
      const owner = this.nodes.get(old.uid);
      if (unblocks && owner?.isDeletingDependents === true) this.work.delete(owner);
    }
    // An owner that is leaving in the foreground, or one gone already, may decide over it now.
    if (owners.some((owner) => this.absent.has(owner.uid) || this.nodes.get(owner.uid)?.isDeletingDependents === true)) this.work.delete(node);
  }
}

const noOwners: readonly OwnerReference[] = [];
/** Kubernetes: absentOwnerCache of 500; larger here, it only holds uids. */
const absentMax = 10_000;

/** True where the object began to be deleted under this finalizer. */
function starts(old: KubernetesObject | undefined, object: KubernetesObject, finalizer: string): boolean {
  const has = (one: KubernetesObject | undefined) => one?.metadata.deletionTimestamp !== undefined && (one.metadata.finalizers ?? []).includes(finalizer);
  return has(object) && !has(old);
}
