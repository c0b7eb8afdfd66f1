import type { Service } from '../api/index.ts';
import type { ClusterAddress } from './outbound.ts';
import type { ResourceCache } from './watchcache/index.ts';

/** Where a Service is to be dialed, or why it can't be. */
export type ResolvedService = { readonly done: true; readonly at: ClusterAddress } | { readonly done: false; readonly message: string };

/** A Service's cluster IP, behind which kube-proxy's rules choose an endpoint. Kubernetes: apiserver/pkg/util/proxy, ResolveCluster. */
export function resolveService(services: ResourceCache, namespace: string, name: string, port: number): ResolvedService {
  const service = services.objects.get(namespace, name)?.object as Service | undefined;
  if (service === undefined) return { done: false, message: `service ${JSON.stringify(name)} not found` };
  const { type = 'ClusterIP', clusterIP = '', externalName = '', ports = [] } = service.spec ?? {};
  if (type === 'ExternalName') return { done: true, at: { ip: externalName, port } };
  if (type !== 'ClusterIP' && type !== 'LoadBalancer' && type !== 'NodePort') return { done: false, message: `unsupported service type ${JSON.stringify(type)}` };
  if (type === 'ClusterIP' && clusterIP === 'None') return { done: false, message: 'cannot route to service with ClusterIP "None"' };
  if (!ports.some((each) => each.port === port)) return { done: false, message: `no service port ${port} found for service ${JSON.stringify(name)}` };
  return { done: true, at: { ip: clusterIP, port } };
}
