import { FINALIZER_FOREGROUND, FINALIZER_ORPHAN, hasReason, type KubernetesObject, type OwnerReference } from '../../api/index.ts';
import { reconciled, type ReconcileResult } from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';
import type { ServedResource } from '../shared/resources.ts';
import { unlessGone } from '../shared/retry.ts';
import type { GraphNode, OwnerGraph } from './graph.ts';

/** Finds the resource of a kind, or undefined where the API does not serve it. */
export type FindResource = (apiVersion: string, kind: string) => ServedResource | undefined;

export interface CollectorOptions {
  readonly context: ControllerContext;
  readonly graph: OwnerGraph;
  readonly findResource: FindResource;
  /** Has the collector look at a node again. */
  readonly enqueue: (node: GraphNode) => void;
}

interface OwnerVerdict {
  readonly solid: readonly OwnerReference[];
  readonly dangling: readonly OwnerReference[];
  /** Owners that wait for their dependents to go. */
  readonly waiting: readonly OwnerReference[];
}

const strategic = { type: 'application/strategic-merge-patch+json' } as const;
const merge = { type: 'application/merge-patch+json' } as const;

/** Decides over one node at a time. Kubernetes: garbagecollector.go. */
export function createCollector(options: CollectorOptions) {
  const { context: { client, recorder }, graph, findResource } = options;
  const clientOf = (resource: ServedResource) => client.resource<KubernetesObject>(resource);

  return { attemptToDelete, attemptToOrphan };

  /** Kubernetes: attemptToDeleteItem. */
  async function attemptToDelete(node: GraphNode): Promise<ReconcileResult> {
    if (node.isBeingDeleted && !node.isDeletingDependents) return reconciled;
    const resource = node.resource ?? findResource(node.apiVersion, node.kind);
    // An owner of a kind that is not served can't be found out about; nothing is deleted for its sake.
    if (resource === undefined) return node.isVirtual ? { requeueAfterMs: unknownKindMs } : reconciled;
    const latest = await unlessGone(clientOf(resource).get(nameFor(resource, node.name, node.namespace)));
    if (latest === undefined || latest.metadata.uid !== node.uid) {
      if (graph.get(node.uid) === node) graph.remove(node.uid); // its dependents are enqueued
      return reconciled;
    }
    if (node.isVirtual) return reconciled; // it exists; the watch will bring it
    if (node.isDeletingDependents) return deleteDependents(node, resource, latest);
    const owners = latest.metadata.ownerReferences ?? [];
    if (owners.length === 0) return reconciled;
    const { solid, dangling, waiting } = await classify(node, latest, owners);
    if (solid.length > 0) {
      if (dangling.length + waiting.length > 0) await removeOwners(resource, latest, [...dangling, ...waiting]);
      return reconciled;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // So that two that block one another don't wait for ever. Kubernetes: unblockOwnerReferencesStrategicMergePatch.
      if ([...node.dependents].some((dependent) => dependent.isDeletingDependents)) await unblockOwners(resource, latest);
      await deleteObject(resource, latest, 'Foreground');
      return reconciled;
    }
    const finalizers = latest.metadata.finalizers ?? [];
    await deleteObject(resource, latest, finalizers.includes(FINALIZER_ORPHAN) ? 'Orphan' : finalizers.includes(FINALIZER_FOREGROUND) ? 'Foreground' : 'Background');
    return reconciled;
  }

  /** Kubernetes: processDeletingDependentsItem. */
  async function deleteDependents(node: GraphNode, resource: ServedResource, latest: KubernetesObject): Promise<ReconcileResult> {
    const blocking = graph.blockingDependents(node);
    if (blocking.length === 0) await removeFinalizer(resource, latest, FINALIZER_FOREGROUND);
    for (const dependent of blocking) if (!dependent.isDeletingDependents) options.enqueue(dependent);
    return reconciled;
  }

  /** Kubernetes: attemptToOrphanWorker. */
  async function attemptToOrphan(node: GraphNode): Promise<ReconcileResult> {
    const { resource } = node;
    if (resource === undefined) return reconciled;
    await Promise.all([...node.dependents].map(async (dependent) => {
      if (dependent.resource === undefined) return;
      const ownerReferences = [{ $patch: 'delete', uid: node.uid }];
      const name = nameFor(dependent.resource, dependent.name, dependent.namespace);
      const patched = await unlessGone(patchOwners(dependent.resource, name, dependent.uid, ownerReferences, dependent.owners.filter((owner) => owner.uid !== node.uid)));
      return patched;
    }));
    const latest = await unlessGone(clientOf(resource).get(nameFor(resource, node.name, node.namespace)));
    if (latest !== undefined && latest.metadata.uid === node.uid) await removeFinalizer(resource, latest, FINALIZER_ORPHAN);
    return reconciled;
  }

  async function classify(node: GraphNode, latest: KubernetesObject, owners: readonly OwnerReference[]): Promise<OwnerVerdict> {
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const reference of owners) {
      const owner = await findOwner(node, latest, reference);
      if (owner === undefined) dangling.push(reference);
      else if (owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes(FINALIZER_FOREGROUND)) waiting.push(reference);
      else solid.push(reference);
    }
    return { solid, dangling, waiting };
  }

  /** The owner as it is now, or undefined where it is gone. Kubernetes: isDangling. */
  async function findOwner(node: GraphNode, latest: KubernetesObject, reference: OwnerReference): Promise<KubernetesObject | undefined> {
    if (graph.isAbsent(reference.uid)) return undefined;
    const resource = findResource(reference.apiVersion, reference.kind);
    if (resource === undefined) throw new Error(`no resource for owner ${reference.apiVersion} ${reference.kind}`);
    if (resource.namespaced && node.namespace === undefined) return undefined; // a cluster-scoped object can't have an owner in a namespace
    const owner = await unlessGone(clientOf(resource).get(nameFor(resource, reference.name, node.namespace)));
    if (owner !== undefined && owner.metadata.uid === reference.uid) return owner;
    const seen = graph.get(reference.uid);
    if (seen !== undefined && !seen.isVirtual && seen.namespace !== node.namespace && resource.namespaced) {
      const involved = { apiVersion: node.apiVersion, kind: node.kind, name: node.name, uid: node.uid, ...(node.namespace === undefined ? {} : { namespace: node.namespace }), resourceVersion: latest.metadata.resourceVersion };
      recorder.event(involved, 'Warning', 'OwnerRefInvalidNamespace', `ownerRef [${reference.apiVersion}/${reference.kind}, namespace: ${node.namespace}, name: ${reference.name}, uid: ${reference.uid}] does not exist in namespace "${node.namespace}"`);
      return undefined;
    }
    graph.markAbsent(reference.uid);
    return undefined;
  }

  async function deleteObject(resource: ServedResource, object: KubernetesObject, propagationPolicy: string): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    await unlessGone(clientOf(resource).delete(nameFor(resource, object.metadata.name, object.metadata.namespace), { preconditions: { uid, resourceVersion }, propagationPolicy }));
  }

  async function removeOwners(resource: ServedResource, object: KubernetesObject, gone: readonly OwnerReference[]): Promise<void> {
    const { metadata } = object;
    const kept = (metadata.ownerReferences ?? []).filter((owner) => !gone.some((other) => other.uid === owner.uid));
    await unlessGone(patchOwners(resource, nameFor(resource, metadata.name, metadata.namespace), metadata.uid, gone.map(({ uid }) => ({ $patch: 'delete', uid })), kept));
  }

  async function unblockOwners(resource: ServedResource, object: KubernetesObject): Promise<void> {
    const { metadata } = object;
    const unblocked = (metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    await unlessGone(patchOwners(resource, nameFor(resource, metadata.name, metadata.namespace), metadata.uid, unblocked, unblocked));
  }

  /** With a strategic merge patch, or, for kinds that have none (custom resources), with all owners in a merge patch. */
  async function patchOwners(
    resource: ServedResource, name: { readonly name: string; readonly namespace?: string }, uid: string, changes: readonly object[], all: readonly OwnerReference[],
  ): Promise<unknown> {
    try {
      return await clientOf(resource).patch(name, { metadata: { ownerReferences: changes, uid } }, strategic);
    } catch (error) {
      if (!hasReason(error, 'UnsupportedMediaType')) throw error;
      return clientOf(resource).patch(name, { metadata: { ownerReferences: all, uid } }, merge);
    }
  }

  async function removeFinalizer(resource: ServedResource, object: KubernetesObject, finalizer: string): Promise<void> {
    const { name, namespace, finalizers = [], resourceVersion } = object.metadata;
    if (!finalizers.includes(finalizer)) return;
    const patch = { metadata: { resourceVersion, finalizers: finalizers.filter((other) => other !== finalizer) } };
    await unlessGone(clientOf(resource).patch(nameFor(resource, name, namespace), patch, merge));
  }
}

/** How soon an owner of a kind that nobody serves is looked for again. */
const unknownKindMs = 30_000;

function nameFor(resource: ServedResource, name: string, namespace: string | undefined): { readonly name: string; readonly namespace?: string } {
  return resource.namespaced && namespace !== undefined ? { namespace, name } : { name };
}
