import { hasReason, type KubernetesObject, type Pod } from '../../api/index.ts';
import type { Client } from '../../client/index.ts';
import { preferredResources, type ServedResource, type ServedResources } from '../shared/resources.ts';

/** What is left of a namespace after one try to empty it. */
export interface DeletionOutcome {
  /** `pods.` → how many are left. */
  readonly remaining: ReadonlyMap<string, number>;
  /** Finalizer → how many objects have it. */
  readonly finalizers: ReadonlyMap<string, number>;
  readonly errors: readonly unknown[];
  /** Seconds until it is worth looking again. */
  readonly estimateSeconds: number;
}

/** What finalizers are taken to need. Kubernetes: finalizerEstimateSeconds. */
const finalizerEstimateSeconds = 15;

/**
 * Deletes all that is in the namespace, pods first: what they use stays until they are gone. Kubernetes:
 * namespaced_resources_deleter.go, deleteAllContent with OrderedNamespaceDeletion.
 */
export async function deleteContent(client: Client, resources: ServedResources, namespace: string): Promise<DeletionOutcome> {
  const remaining = new Map<string, number>();
  const finalizers = new Map<string, number>();
  const errors: unknown[] = [];
  let estimateSeconds = 0;
  const deleteAll = async (resource: ServedResource) => {
    try {
      const items = await deleteAllOf(client, resource, namespace);
      if (items.length === 0) return;
      remaining.set(`${resource.resource}.${resource.group}`, items.length);
      for (const item of items) {
        const left = item.metadata.finalizers ?? [];
        for (const finalizer of left) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
        if (left.length > 0) estimateSeconds = Math.max(estimateSeconds, finalizerEstimateSeconds);
        else if (resource.resource === 'pods') estimateSeconds = Math.max(estimateSeconds, graceSecondsOf(item as Pod));
      }
    } catch (error) {
      if (!hasReason(error, 'NotFound', 'MethodNotAllowed')) errors.push(error);
    }
  };

  const deletable = preferredResources(resources).filter((resource) => resource.namespaced && resource.verbs.includes('delete') && resource.verbs.includes('list'));
  const podResource = deletable.find((resource) => resource.group === '' && resource.resource === 'pods');
  if (podResource !== undefined) await deleteAll(podResource);
  if (remaining.size === 0 && errors.length === 0) await Promise.all(deletable.filter((resource) => resource !== podResource).map(deleteAll));
  return { remaining, finalizers, errors, estimateSeconds };
}

/** Deletes and gives back what is still there. */
async function deleteAllOf(client: Client, resource: ServedResource, namespace: string): Promise<readonly KubernetesObject[]> {
  const objects = client.resource<KubernetesObject>(resource);
  const before = await objects.list({ namespace });
  if (before.items.length === 0) return before.items;
  const options = { propagationPolicy: 'Background' };
  if (resource.verbs.includes('deletecollection')) await objects.deleteCollection({ namespace }, options);
  else {
    for (const item of before.items) {
      await objects.delete(item.metadata, options).catch((error: unknown) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
  }
  return (await objects.list({ namespace })).items;
}

const graceSecondsOf = (pod: Pod) => pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 0;
