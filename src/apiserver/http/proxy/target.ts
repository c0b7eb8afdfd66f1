import { encodedJson, type EndpointSlice, type KubernetesList, type Pod, type Service } from '../../../api/index.ts';
import type { HttpDeps } from '../deps.ts';
import { newBadRequest } from '../../errors.ts';
import { serviceUnavailable } from '../errors.ts';
import { readObject, readPod, SELF } from '../pod-target.ts';

/** Where a proxied request goes. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly ip: string;
  readonly port: number;
}

interface SchemeNamePort {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** A number or a name; '' where none was given. */
  readonly port: string;
}

/** "name", "name:port" or "scheme:name:port". Kubernetes: apimachinery/pkg/util/net, SplitSchemeNamePort. */
function splitSchemeNamePort(id: string): SchemeNamePort | undefined {
  const parts = id.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts, ''];
  if (parts.length > 3 || name === undefined || name === '' || port === undefined) return undefined;
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') return undefined;
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

/** The pod's address; its port is the one that is named, or the first that a container declares. Kubernetes: registry/core/pod, ResourceLocation. */
export async function podTarget(deps: HttpDeps, namespace: string, id: string): Promise<ProxyTarget> {
  const wanted = splitSchemeNamePort(id);
  if (wanted === undefined) throw newBadRequest(`invalid pod request ${JSON.stringify(id)}`);
  const pod: Pod = await readPod(deps, namespace, wanted.name);
  const ip = pod.status?.podIP ?? '';
  if (ip === '') throw newBadRequest('address not allowed');
  const declared = pod.spec?.containers.find(({ ports }) => ports !== undefined && ports.length > 0)?.ports?.[0]?.containerPort;
  return { scheme: wanted.scheme, ip, port: wanted.port === '' ? declared ?? defaultPort(wanted.scheme) : portNumber(wanted.port, id) };
}

/** One of the Service's ready endpoints, by chance. Kubernetes: registry/core/service, ResourceLocation. */
export async function serviceTarget(deps: HttpDeps, namespace: string, id: string): Promise<ProxyTarget> {
  const wanted = splitSchemeNamePort(id);
  if (wanted === undefined) throw newBadRequest(`invalid service request ${JSON.stringify(id)}`);
  const service = await readObject<Service>(deps, 'services', namespace, wanted.name);
  const portName = servicePortName(service, wanted);
  const slices = await endpointSlices(deps, namespace, wanted.name);
  const found: ProxyTarget[] = [];
  let endpoints = 0;
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      endpoints++;
      const [ip] = endpoint.addresses;
      for (const port of slice.ports ?? []) {
        if ((port.name ?? '') === portName && port.port !== undefined && ip !== undefined) found.push({ scheme: wanted.scheme, ip, port: port.port });
      }
    }
  }
  const chosen = found[Math.floor(deps.world.random.next() * found.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(endpoints === 0 ? wanted.name : id)}`);
  return chosen;
}

function servicePortName(service: Service, wanted: SchemeNamePort): string {
  if (!/^\d+$/.test(wanted.port)) return wanted.port;
  const port = service.spec?.ports?.find((item) => item.port === Number(wanted.port));
  if (port === undefined) throw serviceUnavailable(`no service port ${wanted.port} found for service ${JSON.stringify(wanted.name)}`);
  return port.name ?? '';
}

async function endpointSlices(deps: HttpDeps, namespace: string, serviceName: string): Promise<readonly EndpointSlice[]> {
  const { object } = await deps.apiServer.request(SELF, {
    verb: 'list', group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', namespace,
    query: { labelSelector: `kubernetes.io/service-name=${serviceName}` },
  });
  return (object as KubernetesList<EndpointSlice>).items;
}

function portNumber(text: string, id: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw newBadRequest(`invalid pod request ${JSON.stringify(id)}`);
  return port;
}

function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

/** The pods of a node as its kubelet would list them. */
export async function podsOfNode(deps: HttpDeps, nodeName: string): Promise<KubernetesList<Pod>> {
  const { object } = await deps.apiServer.request(SELF, {
    verb: 'list', group: '', version: 'v1', resource: 'pods', query: { fieldSelector: `spec.nodeName=${nodeName}` },
  });
  return object as KubernetesList<Pod>;
}

/** The pods as a kubelet's /pods gives them: a list without a revision. */
export function encodePods({ items, metadata: _metadata, ...envelope }: KubernetesList<Pod>): Uint8Array {
  const head = JSON.stringify({ ...envelope, metadata: {} });
  return Buffer.from(`${head.slice(0, -1)},"items":[${items.map((item) => Buffer.from(encodedJson(item)).toString('utf8')).join(',')}]}`, 'utf8');
}
