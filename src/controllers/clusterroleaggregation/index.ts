import { type ClusterRole, clusterRoles, type PolicyRule, selectorOf } from '../../api/index.ts';
import { DisposableStore, jsonEqual } from '../../base/index.ts';
import { RateLimitedQueue, reconciled, type ReconcileResult, runWorkers } from '../../client/index.ts';
import type { StartController } from '../shared/context.ts';

/** Writes into each ClusterRole that aggregates the rules of those it selects. Kubernetes: pkg/controller/clusterroleaggregation. */
export const startClusterRoleAggregationController: StartController = (context) => {
  const { client, clock, informers } = context;
  const disposables = new DisposableStore();
  const queue = new RateLimitedQueue<string>(clock);
  const informer = informers.informer(clusterRoles);
  /** Names of the roles that aggregate: any change may be to what they select. */
  const aggregating = new Set<string>();

  const onChange = (role: ClusterRole): void => {
    if (role.aggregationRule === undefined) aggregating.delete(role.metadata.name);
    else aggregating.add(role.metadata.name);
    for (const name of aggregating) queue.add(name);
  };
  disposables.add(informer.addEventHandler({
    onAdd: onChange,
    onUpdate: (_old, role) => onChange(role),
    onDelete(role) {
      aggregating.delete(role.metadata.name);
      for (const name of aggregating) queue.add(name);
    },
  }));
  disposables.add(runWorkers({ clock, queue, concurrency: 1, reconcile, onError: context.onError }));
  return disposables;

  async function reconcile(name: string): Promise<ReconcileResult> {
    await informer.waitForSync(); // half of the roles would be half of the rules
    const role = informer.lister.getByKey(name);
    if (role?.aggregationRule === undefined || role.metadata.deletionTimestamp !== undefined) return reconciled;
    const rules = aggregatedRules(role, informer.lister.list());
    if (!jsonEqual(rules, role.rules ?? [])) await client.resource(clusterRoles).update({ ...role, rules });
    return reconciled;
  }
};

/** Selector by selector, the selected roles by name; each rule once. */
function aggregatedRules(role: ClusterRole, all: Iterable<ClusterRole>): readonly PolicyRule[] {
  const byName = [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, PolicyRule>();
  for (const labelSelector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorOf(labelSelector);
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) rules.set(keyOf(rule), rules.get(keyOf(rule)) ?? rule);
    }
  }
  return [...rules.values()];
}

/** Equal rules have equal keys, whatever order a client wrote their fields in. */
function keyOf({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): string {
  return JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs]);
}
