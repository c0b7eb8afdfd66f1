import { assertDefined, type Disposable, toDisposable } from '../base/index.ts';
import { type ResourceDefinition, schemaOf } from '../api/index.ts';
import { apiVersionOf, type Endpoint, rememberingConversion } from './registry/endpoint.ts';
import type { ResourceTable } from './server.ts';
import type { IndexedField, ResourceCache, WatchCache } from './watchcache/index.ts';

/** The store's prefix where a resource does not name one. */
const REGISTRY_PREFIX = '/registry/';

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
    const apiVersion = apiVersionOf(definition.group, definition.version);
    const prefix = withSlash(definition.storagePrefix ?? `${REGISTRY_PREFIX}${definition.resource}`);
    const cache = this.watchCache.resource(prefix, definition.namespaced, indexedFieldsOf(definition));
    const conversion = definition.conversion === undefined ? undefined : rememberingConversion(definition.conversion);
    let schema: Endpoint['schema'];
    const endpoint: Endpoint = {
      definition, group: definition.group, resource: definition.resource, apiVersion, cache, conversion,
      get schema() {
        return schema ??= schemaOf(definition.schema); // most are never asked for
      },
    };
    const same = this.byResource.get(definition.resource);
    if (same === undefined) this.byResource.set(definition.resource, [endpoint]);
    else same.push(endpoint);
    this.definitions = [...this.definitions, definition];
    for (const listener of this.listeners) listener();
    return endpoint;
  }

  find(group: string, version: string, resource: string): Endpoint | undefined {
    const same = this.byResource.get(resource);
    if (same === undefined) return undefined;
    for (const endpoint of same) if (endpoint.group === group && endpoint.definition.version === version) return endpoint;
    return undefined;
  }

  /** The cache of a resource that the server itself needs. Throws where nobody serves it. */
  cacheOf(group: string, resource: string): ResourceCache {
    const endpoint = this.byResource.get(resource)?.find((each) => each.group === group);
    return assertDefined(endpoint, `the resource ${resource} of group ${JSON.stringify(group)}`).cache;
  }

  get(group: string, version: string, resource: string): ResourceDefinition | undefined {
    return this.find(group, version, resource)?.definition;
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

function withSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}
