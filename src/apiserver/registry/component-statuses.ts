import { type ComponentHealth, componentStatusOf } from '../../api/index.ts';
import type { ComputedResource } from './computed.ts';

/** Asks each component of the control plane how it is, by its name: etcd-0, scheduler, controller-manager. */
export type AskComponents = () => ReadonlyMap<string, ComponentHealth>;

/** GET and LIST of componentstatuses: every component is asked, every time. Kubernetes: pkg/registry/core/componentstatus. */
export function componentStatusesOf(ask: AskComponents): ComputedResource {
  return {
    revision: 0,
    get(name) {
      const health = ask().get(name);
      return health === undefined ? undefined : componentStatusOf(name, health);
    },
    list: () => [...ask()].map(([name, health]) => componentStatusOf(name, health)),
  };
}
