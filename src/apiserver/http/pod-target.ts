import type { KubernetesObject, Node, Pod } from '../../api/index.ts';
import { StatusError } from '../../api/index.ts';
import type { KubeletConnection, PodName } from '../../client/index.ts';
import type { UserInfo } from '../server.ts';
import type { HttpDeps } from './deps.ts';
import { newBadRequest } from '../errors.ts';
import { internalError } from './errors.ts';

/** Whom the API server acts as where it reads for a user who may use a subresource, but perhaps not read the object. */
export const SELF: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

/** Reads an object of the core group. Rejects with 404. */
export async function readObject<T extends KubernetesObject>(deps: HttpDeps, resource: string, namespace: string | undefined, name: string): Promise<T> {
  const { object } = await deps.apiServer.request(SELF, {
    verb: 'get', group: '', version: 'v1', resource, name, ...(namespace === undefined ? {} : { namespace }),
  });
  return object as T;
}

/** Reads a pod. Rejects with 404. */
export function readPod(deps: HttpDeps, namespace: string, name: string): Promise<Pod> {
  return readObject<Pod>(deps, 'pods', namespace, name);
}

/** How a kubelet is told which pod is meant. */
export function podNameOf(pod: Pod): PodName {
  const { namespace, name, uid } = pod.metadata;
  return { namespace: namespace ?? 'default', name, ...(uid === undefined ? {} : { uid }) };
}

/** The container that is meant: the named one, or the only one. 400 in upstream's words. Kubernetes: registry/core/pod, validateContainer. */
export function chooseContainer(pod: Pod, wanted: string): string {
  const names = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map(({ name }) => name);
  const containers = names(pod.spec?.containers);
  const initContainers = names(pod.spec?.initContainers);
  const ephemeral = names(pod.spec?.ephemeralContainers);
  const podName = pod.metadata.name;
  if (wanted !== '') {
    if (containers.includes(wanted) || initContainers.includes(wanted) || ephemeral.includes(wanted)) return wanted;
    throw newBadRequest(`container ${wanted} is not valid for pod ${podName}`);
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  if (containers.length === 0) throw newBadRequest(`a container name must be specified for pod ${podName}`);
  const others = initContainers.length === 0 ? '' : ` or one of the init containers: [${initContainers.join(' ')}]`;
  throw newBadRequest(`a container name must be specified for pod ${podName}, choose one of: [${containers.join(' ')}]${others}`);
}

/** The kubelet of the pod's node. 400 where it has none yet; 500 with upstream's dial error where the kubelet is down. */
export async function connectKubelet(deps: HttpDeps, pod: Pod, describe: (address: string) => string): Promise<KubeletConnection> {
  const nodeName = pod.spec?.nodeName;
  if (nodeName === undefined || nodeName === '') throw newBadRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return kubeletOf(deps, nodeName, describe);
}

/** The kubelet of a node. Rejects with 500 where it is down; describe gets its address. */
export async function kubeletOf(deps: HttpDeps, nodeName: string, describe: (address: string) => string): Promise<KubeletConnection> {
  const kubelet = deps.kubelets.connect(nodeName);
  if (kubelet !== undefined) return kubelet;
  throw internalError(describe(await kubeletAddress(deps, nodeName)));
}

/** Where the kubelet of a node would listen, for the text of a dial error. */
async function kubeletAddress(deps: HttpDeps, nodeName: string): Promise<string> {
  try {
    const node = await readObject<Node>(deps, 'nodes', undefined, nodeName);
    const ip = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? nodeName;
    return `${ip}:${node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250}`;
  } catch (error) {
    if (error instanceof StatusError) return `${nodeName}:10250`;
    throw error;
  }
}

/** A dial error as Go prints it. */
export function dialError(address: string): string {
  return `dial tcp ${address}: connect: connection refused`;
}
