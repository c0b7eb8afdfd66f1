import {
  controllerOf, deployments, hasReason, type KubernetesObject, type OwnerReference, type Pod, replicaSets, replicationControllers, type Scale, statefulSets,
} from '../../api/index.ts';
import type { Client, Informer, InformerFactory } from '../../client/index.ts';
import { preferredResources, type ServedResources } from '../shared/resources.ts';

interface ControllerScale {
  readonly uid: string;
  readonly replicas: number;
}

interface WithReplicas extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
}

/** How many pods the controllers of some pods want together. */
export interface ExpectedScale {
  readonly count: number;
  /** Names of the pods that nobody controls. */
  readonly unmanaged: readonly string[];
}

/** Finds out who controls pods and how many of them they want: from caches where it can, from the scale subresource where it must. Kubernetes: disruption, finders. */
export class ScaleFinder {
  private readonly client: Client;
  private readonly resources: ServedResources;
  private readonly known: ReadonlyMap<string, Informer<WithReplicas>>;

  constructor(client: Client, informers: InformerFactory, resources: ServedResources) {
    this.client = client;
    this.resources = resources;
    // Of all four only the replicas are looked at.
    const withReplicas = (informer: unknown): Informer<WithReplicas> => informer as Informer<WithReplicas>;
    this.known = new Map([
      ['/ReplicationController', withReplicas(informers.informer(replicationControllers))], ['apps/ReplicaSet', withReplicas(informers.informer(replicaSets))],
      ['apps/Deployment', withReplicas(informers.informer(deployments))], ['apps/StatefulSet', withReplicas(informers.informer(statefulSets))],
    ]);
  }

  async waitForSync(): Promise<void> {
    await Promise.all([...this.known.values()].map((informer) => informer.waitForSync()));
  }

  /** Rejects where a pod has a controller that nobody knows. Kubernetes: getExpectedScale. */
  async of(pods: readonly Pod[]): Promise<ExpectedScale> {
    const scales = new Map<string, number>();
    const unmanaged: string[] = [];
    const seen = new Set<string>();
    for (const pod of pods) {
      const controller = controllerOf(pod);
      if (controller === undefined) {
        unmanaged.push(pod.metadata.name);
        continue;
      }
      if (seen.has(controller.uid)) continue;
      seen.add(controller.uid);
      const scale = await this.find(controller, pod.metadata.namespace ?? '');
      if (scale === undefined) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
      scales.set(scale.uid, scale.replicas);
    }
    let count = 0;
    for (const replicas of scales.values()) count += replicas;
    return { count, unmanaged };
  }

  private async find(reference: OwnerReference, namespace: string): Promise<ControllerScale | undefined> {
    const found = this.cached(reference, namespace);
    if (found === undefined) return this.fromScale(reference, namespace);
    const owner = controllerOf(found);
    // A ReplicaSet of a Deployment: what the Deployment wants counts.
    const above = owner?.kind === 'Deployment' ? this.cached(owner, namespace) : undefined;
    if (owner?.kind === 'Deployment' && above === undefined) return this.fromScale(reference, namespace);
    const controller = above ?? found;
    return { uid: controller.metadata.uid, replicas: controller.spec?.replicas ?? 1 };
  }

  private cached({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): WithReplicas | undefined {
    const object = this.known.get(`${groupOf(apiVersion)}/${kind}`)?.lister.get(namespace, name);
    return object?.metadata.uid === uid ? object : undefined;
  }

  /** Kubernetes: getScaleController. */
  private async fromScale({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): Promise<ControllerScale | undefined> {
    const group = groupOf(apiVersion);
    const resource = preferredResources(this.resources).find((each) => each.group === group && each.kind === kind);
    if (resource === undefined) throw new Error(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
    if (resource.subresources?.some((subresource) => subresource.name === 'scale') !== true) {
      throw new Error(`${group === '' ? resource.resource : `${resource.resource}.${group}`} does not implement the scale subresource`);
    }
    try {
      const { version } = resource;
      const scale = await this.client.transport.request({ verb: 'get', group, version, resource: resource.resource, subresource: 'scale', namespace, name }) as Scale;
      return scale.metadata?.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
