import type { ApiServerOptions } from '../../../src/apiserver/index.ts';
import type { KubernetesObject } from '../../../src/api/index.ts';
import type { ApiRequest, RequestQuery, WatchEvent } from '../../../src/client/index.ts';
import { ADMIN, type Harness, type Loose, startServer } from '../harness.ts';

export const GROUP = 'stable.example.com';
const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const CRONTABS = { group: GROUP, version: 'v1', resource: 'crontabs' };

/** A server with requests on definitions and on crontabs, through the public door. */
export interface CustomHarness extends Harness {
  define(definition: object): Promise<Loose>;
  definitions(request: Partial<ApiRequest> & Pick<ApiRequest, 'verb'>): Promise<Loose>;
  crontabs(request: Partial<ApiRequest> & Pick<ApiRequest, 'verb'>): Promise<Loose>;
  /** Lets everything that is under way come to an end. */
  settle(): Promise<void>;
  watchCrontabs(query?: RequestQuery, version?: string): { readonly events: WatchEvent[]; readonly closed: string[] };
  /** The warnings of the last request. */
  warnings: readonly string[];
}

/** The definition of the Kubernetes docs' CronTab with another schema, or other parts of its only version. */
export function crontabDefinition(schema: object, version: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `crontabs.${GROUP}` },
    spec: {
      group: GROUP, scope: 'Namespaced', names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'] },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      ...spec,
    },
  };
}

/** The schema of a CronTab with these properties of its spec. */
export function specSchema(properties: object, more: object = {}): object {
  return { type: 'object', properties: { spec: { type: 'object', properties, ...more } } };
}

export async function startCustom(options: Partial<ApiServerOptions> = {}): Promise<CustomHarness> {
  const harness = await startServer(options);
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 200; round++) await Promise.resolve();
  };
  const ask = async (request: ApiRequest): Promise<Loose> => {
    const answer = await harness.request(request);
    custom.warnings = answer.warnings;
    return answer.object as Loose;
  };
  const custom: CustomHarness = {
    ...harness,
    warnings: [],
    settle,
    definitions: (request) => ask({ ...DEFINITIONS, ...request }),
    crontabs: (request) => ask({ ...CRONTABS, namespace: 'default', ...request }),
    async define(definition) {
      const created = await ask({ ...DEFINITIONS, verb: 'create', body: definition });
      await settle();
      return await ask({ ...DEFINITIONS, verb: 'get', name: created.metadata.name });
    },
    watchCrontabs(query = {}, version = 'v1') {
      const events: WatchEvent[] = [];
      const closed: string[] = [];
      harness.server.watch(ADMIN, { ...CRONTABS, version, namespace: 'default', query }, {
        onEvents: (batch) => events.push(...batch),
        onClose: (error) => closed.push(error?.message ?? 'closed'),
      });
      return { events, closed };
    },
  };
  return custom;
}

/** The message and code of a refusal. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as { readonly code: number; readonly message: string };
    return `${code} ${message}`;
  }
  return 'accepted';
}

/** An object without what differs from run to run. */
export function plain({ metadata, ...rest }: KubernetesObject): object {
  const { uid: _uid, creationTimestamp: _time, resourceVersion: _version, managedFields: _managed, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
