import { decodeBase64, decodeText } from '../../base/index.ts';
import type { APIResource, APIService } from '../../api/index.ts';
import type { ClusterAddress, Outbound, OutboundResult } from '../outbound.ts';
import { resolveService } from '../service-resolver.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import type { RemoteDiscovery } from './remote-api-services.ts';

/** Kubernetes: remote_available_controller, discoveryClient. */
const DISCOVERY_TIMEOUT_MS = 5000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** Resources of one group version that are listed; what a server says beyond is dropped. */
const RESOURCES_MAX = 10_000;

/** How an aggregated server is called. */
export interface RemoteTarget {
  /** https://name.namespace.svc:port, without a path. */
  readonly origin: string;
  readonly at: ClusterAddress;
  /** PEM. */
  readonly caBundle: string | undefined;
  readonly skipsVerification: boolean;
}

/** Asks aggregated servers what they serve, as system:kube-aggregator. */
export interface RemoteCaller {
  discover(apiService: APIService): Promise<{ readonly done: true; readonly discovery: RemoteDiscovery } | { readonly done: false; readonly message: string }>;
}

/** Where an APIService leads; undefined: its Service can't be resolved. */
export function targetOf({ spec }: APIService, services: ResourceCache): RemoteTarget | { readonly message: string } {
  const { namespace = '', name = '', port = 443 } = spec.service ?? {};
  const resolved = resolveService(services, namespace, name, port);
  if (!resolved.done) return { message: resolved.message };
  const bytes = spec.caBundle === undefined || spec.caBundle === '' ? undefined : decodeBase64(spec.caBundle);
  return {
    origin: `https://${name}.${namespace}.svc:${port}`, at: resolved.at, caBundle: bytes === undefined ? undefined : decodeText(bytes),
    skipsVerification: spec.insecureSkipTLSVerify === true,
  };
}

/** Calls over the way out of the server. */
export function createRemoteCaller(outbound: Outbound, services: ResourceCache): RemoteCaller {
  const get = (target: RemoteTarget, path: string): Promise<OutboundResult> => outbound.send({
    method: 'GET', url: `${target.origin}${path}`, at: target.at, asFrontProxy: true, timeoutMs: DISCOVERY_TIMEOUT_MS, answerBytesMax: ANSWER_BYTES_MAX,
    headers: { accept: 'application/json', 'x-remote-user': 'system:kube-aggregator', 'x-remote-group': 'system:masters', host: `${target.at.ip}:${target.at.port}` },
    ...(target.caBundle === undefined ? {} : { caBundle: target.caBundle }), ...(target.skipsVerification ? { skipsVerification: true as const } : {}),
  });
  return {
    async discover(apiService) {
      const target = targetOf(apiService, services);
      if ('message' in target) return { done: false, message: target.message };
      const { group = '', version = '' } = apiService.spec;
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const shown = `https://${target.at.ip}:${target.at.port}${path}`;
      const failure = (why: string) => ({ done: false as const, message: `failing or missing response from ${shown}: ${why}` });
      const answer = await get(target, path);
      if (!answer.done) return failure(`Get ${JSON.stringify(shown)}: ${answer.message}`);
      if (answer.code < 200 || answer.code >= 300) return failure(`bad status from ${shown}: ${answer.code}`);
      const index = await get(target, '/openapi/v3');
      return { done: true, discovery: { resources: readResources(parse(answer.body)), openApiV3Hash: readHash(index, path.slice(1)) } };
    },
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

/** What can be used of an APIResourceList; a server that says something else lists nothing. */
function readResources(list: unknown): readonly APIResource[] {
  const { resources } = (typeof list === 'object' && list !== null ? list : {}) as { readonly resources?: unknown };
  if (!Array.isArray(resources)) return [];
  return resources.slice(0, RESOURCES_MAX).flatMap((item: unknown) => {
    const { name, singularName, namespaced, group, version, kind, verbs, shortNames, categories } = (typeof item === 'object' && item !== null ? item : {}) as Readonly<Record<string, unknown>>;
    if (typeof name !== 'string' || name === '' || typeof kind !== 'string') return [];
    return [{
      name, kind, singularName: typeof singularName === 'string' ? singularName : '', namespaced: namespaced === true, verbs: texts(verbs),
      ...(typeof group === 'string' ? { group } : {}), ...(typeof version === 'string' ? { version } : {}),
      ...(texts(shortNames).length === 0 ? {} : { shortNames: texts(shortNames) }), ...(texts(categories).length === 0 ? {} : { categories: texts(categories) }),
    }];
  });
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function readHash(index: OutboundResult, path: string): string | undefined {
  if (!index.done || index.code !== 200) return undefined;
  const { paths } = (parse(index.body) ?? {}) as { readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: unknown }>> };
  const url = typeof paths === 'object' && paths !== null && Object.hasOwn(paths, path) ? paths[path]?.serverRelativeURL : undefined;
  return typeof url === 'string' ? /[?&]hash=([^&]+)/.exec(url)?.[1] ?? '' : undefined;
}
