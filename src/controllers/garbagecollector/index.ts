import { DisposableStore } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';
import { preferredResources, type ServedResource, type ServedResources } from '../shared/resources.ts';
import { createCollector } from './collector.ts';
import { type GraphNode, OwnerGraph } from './graph.ts';

/** Kubernetes: --concurrent-gc-syncs. */
const concurrency = 20;
/** Watching every kind there is takes a while; a cluster that starts has more urgent things to do, and nothing to collect. */
const startDelayMs = 100;

/** Deletes what has lost its owners, and lets owners go that wait for their dependents. Kubernetes: pkg/controller/garbagecollector. */
export function garbageCollector(resources: ServedResources): StartController {
  return (context) => {
    const { clock, informers } = context;
    const disposables = new DisposableStore();
    const deleteQueue = new RateLimitedQueue<GraphNode>(clock);
    const orphanQueue = new RateLimitedQueue<GraphNode>(clock);
    const graph = new OwnerGraph({ delete: (node) => deleteQueue.add(node), orphan: (node) => orphanQueue.add(node) });
    const watched = new Set<string>();
    let byKind = new Map<string, ServedResource>();

    const watchAll = () => {
      byKind = new Map(resources.all().map((resource) => [`${apiVersionOf(resource)}/${resource.kind}`, resource]));
      for (const resource of preferredResources(resources)) {
        const key = `${resource.group}/${resource.resource}`;
        if (watched.has(key) || !isCollected(resource)) continue;
        watched.add(key);
        disposables.add(informers.informer(resource).addEventHandler({
          onAdd: (object) => graph.set(resource, undefined, object),
          onUpdate(old, object) {
            const [before, now] = [old.metadata, object.metadata];
            // Most updates are of a status and change nothing here.
            if (before.ownerReferences === now.ownerReferences && before.finalizers === now.finalizers && before.deletionTimestamp === now.deletionTimestamp) return;
            graph.set(resource, old, object);
          },
          onDelete: (object) => graph.remove(object.metadata.uid),
        }));
      }
    };
    const collector = createCollector({
      context, graph,
      findResource: (apiVersion, kind) => byKind.get(`${apiVersion}/${kind}`),
      enqueue: (node) => deleteQueue.add(node),
    });
    const onError = (node: GraphNode, error: unknown) => context.onError(`${node.kind} ${node.namespace ?? ''}/${node.name}`, error);
    // No worker begins before every kind is watched: it would miss dependents.
    disposables.add(clock.schedule(startDelayMs, () => {
      watchAll();
      disposables.add(resources.onChange(watchAll));
      disposables.add(runWorkers({
        clock, queue: deleteQueue, concurrency, onError,
        // Whatever was removed from the graph meanwhile is settled.
        reconcile: (node) => (graph.get(node.uid) === node ? collector.attemptToDelete(node) : reconciled),
      }));
      disposables.add(runWorkers({
        clock, queue: orphanQueue, concurrency, onError,
        reconcile: (node) => (graph.get(node.uid) === node ? collector.attemptToOrphan(node) : reconciled),
      }));
    }));
    return disposables;
  };
}

const apiVersionOf = (resource: ServedResource) => (resource.group === '' ? resource.version : `${resource.group}/${resource.version}`);

/** Events are many and own nothing. Kubernetes: DefaultIgnoredResources. */
function isCollected(resource: ServedResource): boolean {
  return resource.resource !== 'events' && ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb));
}
