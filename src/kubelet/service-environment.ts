import type { Pod, Service } from '../api/index.ts';
import type { Informer } from '../client/index.ts';
import { serviceVariables } from './pod/environment.ts';

/** Variables for the Services that a pod may know: its namespace's, and the API server's. One computation a namespace, until a Service changes. */
export function createServiceEnvironment(services: Informer<Service>): (pod: Pod) => Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, ReadonlyMap<string, string>>();
  const forget = () => known.clear();
  services.addEventHandler({ onAdd: forget, onDelete: forget, onUpdate: (old, service) => { if (old.spec !== service.spec) forget(); } });
  return async (pod) => {
    if (!services.hasSynced) await services.waitForSync();
    const namespace = pod.spec.enableServiceLinks === false ? '' : pod.metadata.namespace ?? '';
    let variables = known.get(namespace);
    if (variables === undefined) {
      const master = services.lister.get('default', 'kubernetes');
      const own = namespace === '' ? [] : [...services.lister.listNamespace(namespace)].filter((service) => service !== master);
      variables = serviceVariables([...(master === undefined ? [] : [master]), ...own]);
      known.set(namespace, variables);
    }
    return variables;
  };
}
