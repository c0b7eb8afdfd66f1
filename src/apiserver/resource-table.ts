import { assertDefined, type Disposable, toDisposable } from '../base/index.ts';
import { type KubernetesObject, type ResourceDefinition, schemaOf } from '../api/index.ts';
import { apiVersionOf, type Conversion, type Endpoint, rememberingConversion } from './registry/endpoint.ts';
import type { ObjectCount, ResourceTable } from './server.ts';
import type { IndexedField, ResourceCache, WatchCache } from './watchcache/index.ts';

/** The store's prefix where a resource does not name one. */
const REGISTRY_PREFIX = '/registry/';

/** A version of a resource that came while the server runs. */
export interface CustomEndpoint {
  readonly definition: ResourceDefinition;
  /** Where it is not the definition's own. */
  readonly conversion?: Conversion | undefined;
}

/** The cache of a resource that the server itself needs. Throws where nobody serves it. */
export type CacheOf = (group: string, resource: string) => ResourceCache;

/** Everything that is served, by group, version and plural. */
export class Endpoints implements ResourceTable {
  private readonly byResource = new Map<string, Endpoint[]>();
  private definitions: readonly ResourceDefinition[] = [];
  private listeners: readonly (() => void)[] = [];
  private readonly watchCache: WatchCache;

  constructor(watchCache: WatchCache) {
    this.watchCache = watchCache;
  }

  add(definition: ResourceDefinition): Endpoint {
    const endpoint = this.newEndpoint(definition);
    this.insert(endpoint);
    this.changed();
    return endpoint;
  }

  /**
   * Serves other versions of a resource that came while the server runs instead of those that were served before; none
   * of them: the resource goes. Its watches end, so that clients look again, unless keepsWatches: objects look as they did.
   * Kubernetes: crdHandler, removeStorage_locked.
   */
  async replace(old: readonly Endpoint[], resources: readonly CustomEndpoint[], keepsWatches = false): Promise<readonly Endpoint[]> {
    const first = resources[0]?.definition;
    // No request comes before the cache is there.
    if (first !== undefined) await this.watchCache.add(prefixOf(first), first.namespaced, indexedFieldsOf(first));
    for (const endpoint of old) this.drop(endpoint);
    const endpoints = resources.map(({ definition, conversion }) => this.newEndpoint(definition, conversion));
    for (const endpoint of endpoints) this.insert(endpoint);
    for (const cache of new Set(old.map(({ cache: each }) => each))) {
      if (!endpoints.some((endpoint) => endpoint.cache === cache)) this.watchCache.remove(cache);
      else if (!keepsWatches) cache.closeWatchers();
    }
    this.changed();
    return endpoints;
  }

  private newEndpoint(definition: ResourceDefinition, ownConversion?: Conversion): Endpoint {
    const apiVersion = apiVersionOf(definition.group, definition.version);
    const cache = this.watchCache.resource(prefixOf(definition), definition.namespaced, indexedFieldsOf(definition));
    const conversion = ownConversion ?? (definition.conversion === undefined ? undefined : rememberingConversion(definition.conversion));
    let schema: Endpoint['schema'];
    return {
      definition, group: definition.group, resource: definition.resource, apiVersion, cache, conversion,
      get schema() {
        return schema ??= definition.custom?.schema ?? schemaOf(definition.schema); // most are never asked for
      },
    };
  }

  private insert(endpoint: Endpoint): void {
    const same = this.byResource.get(endpoint.resource);
    if (same === undefined) this.byResource.set(endpoint.resource, [endpoint]);
    else same.push(endpoint);
    this.definitions = [...this.definitions, endpoint.definition];
  }

  private drop(endpoint: Endpoint): void {
    const others = this.byResource.get(endpoint.resource)?.filter((each) => each !== endpoint) ?? [];
    if (others.length === 0) this.byResource.delete(endpoint.resource);
    else this.byResource.set(endpoint.resource, others);
    this.definitions = this.definitions.filter((definition) => definition !== endpoint.definition);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  /** The definitions of all versions and groups that show the same stored objects, the given one among them. */
  sharing({ group, version, resource }: ResourceDefinition): readonly ResourceDefinition[] {
    const cache = this.find(group, version, resource)?.cache;
    return this.definitions.filter((other) => this.find(other.group, other.version, other.resource)?.cache === cache);
  }

  /** An object of one version as another shows it; a promise where somebody else converts. */
  convert(object: KubernetesObject, from: ResourceDefinition, to: ResourceDefinition): KubernetesObject | Promise<KubernetesObject> {
    const source = this.find(from.group, from.version, from.resource)?.conversion;
    const target = this.find(to.group, to.version, to.resource)?.conversion;
    if (source?.remote !== undefined || target?.remote !== undefined) return convertRemotely(object, source, target);
    const stored = source === undefined ? object : source.toStored(object);
    return target === undefined ? stored : target.fromStored(stored);
  }

  find(group: string, version: string, resource: string): Endpoint | undefined {
    const same = this.byResource.get(resource);
    if (same === undefined) return undefined;
    for (const endpoint of same) if (endpoint.group === group && endpoint.definition.version === version) return endpoint;
    return undefined;
  }

  /** The cache of a resource that the server itself needs. Throws where nobody serves it. */
  cacheOf(group: string, resource: string): ResourceCache {
    return assertDefined(this.cacheOfAny(group, resource), `the resource ${resource} of group ${JSON.stringify(group)}`);
  }

  /** The cache of a resource; undefined where nobody serves it. */
  cacheOfAny(group: string, resource: string): ResourceCache | undefined {
    return this.byResource.get(resource)?.find((each) => each.group === group)?.cache;
  }

  get(group: string, version: string, resource: string): ResourceDefinition | undefined {
    return this.find(group, version, resource)?.definition;
  }

  /** How many objects there are of each resource that is stored. Several versions count once. */
  counts(): readonly ObjectCount[] {
    const seen = new Set<ResourceCache>();
    const counts: ObjectCount[] = [];
    for (const { group, resource, cache, definition } of [...this.byResource.values()].flat()) {
      if (seen.has(cache) || definition.computed === true || definition.verbs.length === 0 || !definition.verbs.includes('list')) continue;
      seen.add(cache);
      counts.push({ group, resource, count: cache.objects.size });
    }
    return counts;
  }

  all(): readonly ResourceDefinition[] {
    return this.definitions;
  }

  onChange(listener: () => void): Disposable {
    this.listeners = [...this.listeners, listener];
    return toDisposable(() => {
      this.listeners = this.listeners.filter((each) => each !== listener);
    });
  }
}

/** Pods are found by their node: every kubelet lists and watches its own. */
function indexedFieldsOf(definition: ResourceDefinition): readonly IndexedField[] {
  const value = definition.selectableFields['spec.nodeName'];
  return value === undefined ? [] : [{ field: 'spec.nodeName', value }];
}

async function convertRemotely(object: KubernetesObject, source: Conversion | undefined, target: Conversion | undefined): Promise<KubernetesObject> {
  const stored = await (source?.remote === undefined ? source?.toStored(object) ?? object : source.remote.toStored(object));
  await target?.remote?.makeReady([stored]);
  return target === undefined ? stored : target.fromStored(stored);
}

function prefixOf(definition: ResourceDefinition): string {
  return withSlash(definition.storagePrefix ?? `${REGISTRY_PREFIX}${definition.resource}`);
}

function withSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}
