import type { KubernetesObject } from '../../api/index.ts';
import { newUnknownResource } from '../errors.ts';
import type { Endpoints } from '../resource-table.ts';
import type { ConnectionRequest, UserInfo } from '../server.ts';
import { admitted, validated } from './admit.ts';
import { RequestNote } from '../tracing/index.ts';
import { type Call, NO_QUERY, type RegistryDeps } from './call.ts';

/** Asks the plugins about a connection; undefined where none of them had to wait. Kubernetes: handlers.ConnectResource. */
export function admitConnection(
  deps: RegistryDeps, endpoints: Endpoints, user: UserInfo, target: Omit<ConnectionRequest, 'options'>, options: object,
): Promise<void> | undefined {
  const { group, version, resource, name, namespace } = target;
  const endpoint = endpoints.find(group, version, resource);
  if (endpoint === undefined) throw newUnknownResource();
  const request = { verb: 'create', ...target } as const;
  const call: Call = {
    user, request, note: new RequestNote(user, request, deps.clock.elapsedMs(), true), endpoint, query: NO_QUERY, namespace, dryRun: false, untrusted: true, code: 200, warnings: undefined,
  };
  const object = admitted(deps, call, 'CONNECT', name, options as KubernetesObject, undefined);
  if (object instanceof Promise) return object.then((mutated) => validated(deps, call, 'CONNECT', name, mutated, undefined));
  return validated(deps, call, 'CONNECT', name, object, undefined);
}
