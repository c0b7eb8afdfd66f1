import type { APIService, NewObject, ResourceDefinition } from '../../api/index.ts';
import { priorityOf } from './priorities.ts';

/** Says that the server keeps an APIService: 'onstart' makes it at start only, 'true' always. Kubernetes: autoregister.AutoRegisterManagedLabel. */
export const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** The group that tells of all others is not itself registered. */
const OWN_GROUP = 'apiregistration.k8s.io';

/** One APIService for each group version that the server serves itself, by name. */
export function localApiServices(definitions: readonly ResourceDefinition[]): ReadonlyMap<string, NewObject<APIService>> {
  const services = new Map<string, NewObject<APIService>>();
  for (const { group, version, custom } of definitions) {
    const name = `${version}.${group}`;
    if (group === OWN_GROUP || services.has(name)) continue;
    const priority = priorityOf(group, version);
    services.set(name, {
      apiVersion: `${OWN_GROUP}/v1`,
      kind: 'APIService',
      metadata: { name, labels: { [AUTOMANAGED]: custom === undefined ? 'onstart' : 'true' } },
      spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum: priority.group, versionPriority: priority.version },
    });
  }
  return services;
}
