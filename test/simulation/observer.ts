import type { Disposable } from '../../src/base/index.ts';
import type { Deployment, KubernetesList, KubernetesObject, Node, Pod, ReplicaSet, ResourceRef } from '../../src/api/index.ts';
import { createClient, createInformerFactory, type Informer, type InformerFactory, type WatchEvent } from '../../src/client/index.ts';
import type { Lab } from './lab.ts';

/** Where the objects of a resource lie in the store. */
const PREFIXES: Readonly<Record<string, string>> = {
  pods: '/registry/pods/', deployments: '/registry/deployments/', replicasets: '/registry/replicasets/', endpointslices: '/registry/endpointslices/',
  events: '/registry/events/', nodes: '/registry/minions/', leases: '/registry/leases/', services: '/registry/services/specs/',
};

const INFORMED: readonly ResourceRef<KubernetesObject>[] = [
  { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true },
  { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet', namespaced: true },
  { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', kind: 'EndpointSlice', namespaced: true },
];

interface Recording {
  readonly resource: string;
  readonly fromRevision: number;
  readonly seen: string[];
  readonly watch: Disposable;
}

/**
 * Looks at a running cluster from outside: every watch gets every change exactly once and in order, informers whose
 * watches are cut agree with the server again, and what holds at all times holds at each change.
 */
export class Observer {
  private readonly lab: Lab;
  private readonly recordings: Recording[] = [];
  private informers: InformerFactory | undefined;
  private readonly informed: Informer<KubernetesObject>[] = [];
  private readonly pods = new Map<string, Pod>();
  private readonly nodes = new Map<string, { readonly node: Node; readonly closedSinceMs: number | undefined }>();
  private readonly replicaSets = new Map<string, ReplicaSet>();
  private readonly deployments = new Map<string, { readonly deployment: Deployment; readonly isSettled: boolean }>();

  constructor(lab: Lab) {
    this.lab = lab;
  }

  async start(): Promise<void> {
    for (const resource of Object.keys(PREFIXES)) await this.record(resource);
    const { cluster, network, world } = this.lab;
    this.informers = createInformerFactory({ client: createClient(network.over(cluster.adminTransport)), clock: world.clock });
    for (const ref of INFORMED) this.informed.push(this.informers.informer(ref));
    this.informers.start();
  }

  /** One more watch, from now on. */
  async record(resource: string): Promise<void> {
    const { admin, cluster } = this.lab;
    const list = await cluster.adminTransport.request({ verb: 'list', ...admin.at(resource, undefined) }) as KubernetesList;
    for (const object of list.items) this.changed(resource, { type: 'ADDED', object });
    const seen: string[] = [];
    const fromRevision = Number(list.metadata.resourceVersion);
    let last = fromRevision;
    const isFirst = !this.recordings.some((recording) => recording.resource === resource);
    const watch = cluster.adminTransport.watch(admin.at(resource, undefined, { resourceVersion: list.metadata.resourceVersion }), {
      onEvents: (events) => {
        for (const event of events) {
          const revision = Number(event.object.metadata.resourceVersion);
          if (revision < last) this.lab.violation(`a watch of ${resource} went from ${last} back to ${revision}`);
          last = revision;
          seen.push(`${revision} ${event.type}`);
          if (isFirst) this.changed(resource, event);
        }
      },
      onClose: () => undefined,
    });
    this.recordings.push({ resource, fromRevision, seen, watch });
  }

  stop(): void {
    this.informers?.dispose();
    for (const recording of this.recordings) {
      recording.watch.dispose();
      this.compareWatch(recording, false);
    }
  }

  /** What has to be true once nothing is under way. */
  async problemsAtRest(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const recording of this.recordings) this.compareWatch(recording, true);
    for (const { ref, lister } of this.informed) {
      const list = await this.lab.admin.list(ref.resource);
      const there = list.map(({ metadata }) => `${metadata.namespace}/${metadata.name} at ${metadata.resourceVersion}`).sort();
      const cached = [...lister.list()].map(({ metadata }) => `${metadata.namespace}/${metadata.name} at ${metadata.resourceVersion}`).sort();
      for (const missing of there.filter((text) => !cached.includes(text))) problems.push(`an informer of ${ref.resource} lacks ${missing}`);
      for (const extra of cached.filter((text) => !there.includes(text))) problems.push(`an informer of ${ref.resource} still has ${extra}`);
    }
    return problems;
  }

  private compareWatch({ resource, fromRevision, seen }: Recording, isComplete: boolean): void {
    const wanted = this.lab.model.changesUnder(PREFIXES[resource] as string, fromRevision).map(({ revision, type }) => `${revision} ${type}`);
    const index = seen.findIndex((text, at) => text !== wanted[at]);
    if (index >= 0) this.lab.violation(`a watch of ${resource} from ${fromRevision} saw "${seen[index]}" where "${wanted[index]}" was written (event ${index})`);
    else if (isComplete && seen.length < wanted.length) this.lab.violation(`a watch of ${resource} from ${fromRevision} never saw "${wanted[seen.length]}"`);
  }

  private changed(resource: string, { type, object }: WatchEvent): void {
    switch (resource) {
      case 'pods': return this.podChanged(type, object as Pod);
      case 'nodes': return this.nodeChanged(type, object as Node);
      case 'replicasets':
        if (type === 'DELETED') this.replicaSets.delete(object.metadata.uid);
        else this.replicaSets.set(object.metadata.uid, object as ReplicaSet);
        return this.checkSurge(object as ReplicaSet);
      case 'deployments': return this.deploymentChanged(type, object as Deployment);
    }
  }

  private podChanged(type: string, pod: Pod): void {
    const { uid, name, namespace } = pod.metadata;
    const before = this.pods.get(uid);
    if (type === 'DELETED') return void this.pods.delete(uid);
    const boundTo = before?.spec.nodeName ?? '';
    const nodeName = pod.spec.nodeName ?? '';
    if (boundTo !== '' && nodeName !== boundTo) this.lab.violation(`pod ${namespace}/${name} moved from ${boundTo} to ${nodeName}`);
    if (before !== undefined && boundTo === '' && nodeName !== '') {
      const closedSinceMs = this.nodes.get(nodeName)?.closedSinceMs;
      // The scheduler may have been cut off for as long as its back-off; after that it has to know.
      if (closedSinceMs !== undefined && this.lab.world.clock.nowMs() - closedSinceMs > 65_000) this.lab.violation(`pod ${namespace}/${name} was bound to ${nodeName}, which is closed for longer than a minute`);
    }
    const phase = pod.status?.phase;
    if ((before?.status?.phase === 'Succeeded' || before?.status?.phase === 'Failed') && phase !== before.status.phase) {
      this.lab.violation(`pod ${namespace}/${name} went from ${before.status.phase} to ${phase}`);
    }
    for (const { name: container, restartCount } of pod.status?.containerStatuses ?? []) {
      const old = before?.status?.containerStatuses?.find((status) => status.name === container)?.restartCount ?? 0;
      if (restartCount < old) this.lab.violation(`container ${container} of pod ${namespace}/${name} went from ${old} restarts to ${restartCount}`);
    }
    this.pods.set(uid, pod);
  }

  private nodeChanged(type: string, node: Node): void {
    const { name } = node.metadata;
    if (type === 'DELETED') return void this.nodes.delete(name);
    const isClosed = node.spec?.unschedulable === true || (node.spec?.taints ?? []).some(({ effect, key }) => effect !== 'PreferNoSchedule' && !key.startsWith('node.kubernetes.io/'));
    const before = this.nodes.get(name);
    this.nodes.set(name, { node, closedSinceMs: isClosed ? before?.closedSinceMs ?? this.lab.world.clock.nowMs() : undefined });
  }

  /** From one completed rollout to the next change of anything but the template, a rollout keeps to maxSurge. */
  private deploymentChanged(type: string, deployment: Deployment): void {
    const { uid, generation } = deployment.metadata;
    if (type === 'DELETED') return void this.deployments.delete(uid);
    const before = this.deployments.get(uid);
    const { replicas = 1, strategy } = deployment.spec;
    const status = deployment.status ?? {};
    const isComplete = status.observedGeneration === generation && status.replicas === replicas && status.updatedReplicas === replicas && status.availableReplicas === replicas
      && [...this.replicaSets.values()].filter((set) => isOwnedBy(set, uid) && (set.spec.replicas ?? 1) > 0).length <= 1;
    const isSame = before !== undefined && before.deployment.spec.replicas === replicas && JSON.stringify(before.deployment.spec.strategy) === JSON.stringify(strategy);
    this.deployments.set(uid, { deployment, isSettled: isSame && (before.isSettled || isComplete) });
  }

  private checkSurge(set: ReplicaSet): void {
    const owner = set.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const known = owner === undefined ? undefined : this.deployments.get(owner.uid);
    if (known?.isSettled !== true || known.deployment.spec.strategy?.type !== 'RollingUpdate') return;
    const { metadata, spec } = known.deployment;
    const { replicas = 1, strategy } = spec;
    let total = 0;
    for (const other of this.replicaSets.values()) if (isOwnedBy(other, metadata.uid)) total += other.spec.replicas ?? 1;
    const max = replicas + surgeOf(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas);
    if (replicas > 0 && total > max) this.lab.violation(`the ReplicaSets of deployment ${metadata.namespace}/${metadata.name} want ${total} pods, and ${max} are the most`);
  }
}

function isOwnedBy(object: KubernetesObject, uid: string): boolean {
  return object.metadata.ownerReferences?.some((reference) => reference.controller === true && reference.uid === uid) ?? false;
}

function surgeOf(value: number | string, replicas: number): number {
  return typeof value === 'number' ? value : Math.ceil(Number.parseInt(value, 10) * replicas / 100);
}
