import { readFile } from 'node:fs/promises';
import type { KubernetesObject } from '../api/index.ts';
import { type Disposable, messageOf } from '../base/index.ts';
import { type Client, createClient } from '../client/index.ts';
import type { ObjectRef } from '../protocol/index.ts';
import { discover, type Discovery, type ServedResource, splitApiVersion } from './discovery.ts';
import { createHttpsTransport, type HttpsTransport } from './https-transport.ts';
import { type ClusterCredentials, parseKubeconfig } from './kubeconfig.ts';
import { createObjectStore, type ObjectStore } from './object-store.ts';

/** A running cluster that the extension is connected to. */
export interface ClusterSession extends Disposable {
  readonly credentials: ClusterCredentials;
  readonly kubeconfigPath: string;
  readonly transport: HttpsTransport;
  readonly client: Client;
  readonly objects: ObjectStore;
  /** What the server has; read again by refreshDiscovery, e.g. after a CustomResourceDefinition was applied. */
  readonly discovery: Discovery;
  refreshDiscovery(): Promise<Discovery>;
  /** e.g. v1.32.3 */
  readonly version: string;
  /** The resource of an object's kind. Asks the server again where it is not known yet. Throws where it has none. */
  resourceOf(ref: Pick<ObjectRef, 'apiVersion' | 'kind'>): Promise<ServedResource>;
  get(ref: ObjectRef): Promise<KubernetesObject>;
}

/** Connects to the cluster of a kubeconfig: resolves once the API server is ready. Rejects with StatusError after waitMsMax. */
export async function connectSession(kubeconfigPath: string, waitMsMax: number, log: (line: string) => void): Promise<ClusterSession> {
  const credentials = parseKubeconfig(await readFile(kubeconfigPath, 'utf8'));
  const transport = createHttpsTransport(credentials);
  try {
    await waitUntilReady(transport, waitMsMax);
    const version = await transport.get('/version') as { readonly gitVersion?: string };
    let discovery = await discover(transport);
    const client = createClient(transport);
    const objects = createObjectStore(client, (resource, error) => log(`watch of ${resource}: ${messageOf(error)}`));
    const session: ClusterSession = {
      credentials, kubeconfigPath, transport, client, objects, version: version.gitVersion ?? '',
      get discovery() {
        return discovery;
      },
      async refreshDiscovery() {
        return (discovery = await discover(transport));
      },
      async resourceOf({ apiVersion, kind }) {
        const { group } = splitApiVersion(apiVersion);
        const find = () => discovery.ofKind(apiVersion, kind) ?? discovery.ofGroupKind(group, kind);
        const found = find();
        if (found !== undefined) return found;
        await session.refreshDiscovery();
        const foundNow = find();
        if (foundNow === undefined) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
        return foundNow;
      },
      async get(ref) {
        const resource = await session.resourceOf(ref);
        return client.resource(resource).get({ name: ref.name, ...(resource.namespaced ? { namespace: ref.namespace ?? credentials.namespace } : {}) });
      },
      dispose() {
        objects.dispose();
        transport.dispose();
      },
    };
    return session;
  } catch (error) {
    transport.dispose();
    throw error;
  }
}

async function waitUntilReady(transport: HttpsTransport, waitMsMax: number): Promise<void> {
  const startMs = Date.now();
  for (;;) {
    try {
      await transport.get('/readyz');
      return;
    } catch (error) {
      if (Date.now() - startMs >= waitMsMax) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
