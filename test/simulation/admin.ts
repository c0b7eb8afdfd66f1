import type { KubernetesList, KubernetesObject } from '../../src/api/index.ts';
import type { ApiRequest, RequestQuery, Transport } from '../../src/client/index.ts';

/** Groups of the resources that simulations look at. */
const GROUPS: Readonly<Record<string, string>> = { deployments: 'apps', replicasets: 'apps', endpointslices: 'discovery.k8s.io', leases: 'coordination.k8s.io' };

/** A cluster's administrator, in few words. */
export class Admin {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  async list<T extends KubernetesObject>(resource: string, namespace?: string): Promise<readonly T[]> {
    return (await this.send({ verb: 'list', ...this.at(resource, namespace) }) as KubernetesList<T>).items;
  }

  get<T extends KubernetesObject>(resource: string, namespace: string, name: string): Promise<T> {
    return this.send({ verb: 'get', ...this.at(resource, namespace), name }) as Promise<T>;
  }

  create(resource: string, namespace: string, body: object): Promise<KubernetesObject> {
    return this.send({ verb: 'create', ...this.at(resource, namespace), body }) as Promise<KubernetesObject>;
  }

  update(resource: string, body: KubernetesObject): Promise<KubernetesObject> {
    return this.send({ verb: 'update', ...this.at(resource, body.metadata.namespace), name: body.metadata.name, body }) as Promise<KubernetesObject>;
  }

  patch(resource: string, namespace: string, name: string, body: object, subresource?: string): Promise<KubernetesObject> {
    return this.send({
      verb: 'patch', ...this.at(resource, namespace), name, patchType: 'application/strategic-merge-patch+json', body, ...(subresource === undefined ? {} : { subresource }),
    }) as Promise<KubernetesObject>;
  }

  delete(resource: string, namespace: string, name: string, options: object = {}): Promise<unknown> {
    return this.send({ verb: 'delete', ...this.at(resource, namespace), name, body: options });
  }

  at(resource: string, namespace: string | undefined, query?: RequestQuery): Omit<ApiRequest, 'verb'> {
    return {
      group: GROUPS[resource] ?? '', version: 'v1', resource,
      ...(namespace === undefined || namespace === '' ? {} : { namespace }), ...(query === undefined ? {} : { query }),
    };
  }

  private send(request: ApiRequest): Promise<unknown> {
    return this.transport.request(request);
  }
}
