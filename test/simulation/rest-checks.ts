import type { Deployment, Endpoints, EndpointSlice, Event, KubernetesObject, Node, Pod, ReplicaSet, ReplicationController, Service } from '../../src/api/index.ts';
import type { Lab } from './lab.ts';
import { isGoodTemplate } from './templates.ts';

/** Resources that may have owners. */
const OWNED = ['pods', 'replicasets', 'endpointslices', 'leases'] as const;

/** All that is wrong with a cluster that nobody has touched for a while. Empty: it is as its objects say. */
export async function problemsAtRest(lab: Lab): Promise<readonly string[]> {
  const { admin } = lab;
  await lab.world.clock.advanceUntil(() => lab.model.isSettled, 10_000);
  const [pods, nodes, deployments, replicaSets, controllers, services, slices, endpoints, namespaces, events] = await Promise.all([
    admin.list<Pod>('pods'), admin.list<Node>('nodes'), admin.list<Deployment>('deployments'), admin.list<ReplicaSet>('replicasets'),
    admin.list<ReplicationController>('replicationcontrollers'), admin.list<Service>('services'), admin.list<EndpointSlice>('endpointslices'),
    admin.list<Endpoints>('endpoints'), admin.list('namespaces'), admin.list<Event>('events'),
  ]);
  const hasRoom = nodes.some(isOpen);
  const problems = [
    ...nodeProblems(nodes), ...podProblems(lab, pods, nodes, hasRoom), ...await ownerProblems(lab), ...namespaceProblems(namespaces, [...pods, ...deployments, ...services]),
    ...replicaSets.flatMap((set) => replicaProblems(set, pods, hasRoom)), ...controllers.flatMap((set) => replicaProblems(set, pods, hasRoom)),
    ...deployments.flatMap((deployment) => deploymentProblems(deployment, replicaSets, hasRoom)),
    ...services.flatMap((service) => endpointProblems(service, pods, slices, endpoints)), ...strayEndpoints(services, slices, endpoints), ...eventProblems(events),
    ...await lab.observer.problemsAtRest(),
  ];
  const { items } = await lab.store.range({ key: '', rangeEnd: '\uffff' });
  lab.model.compare(items);
  return problems;
}

const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind ?? ''} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`.trim();
const isOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
const isReady = (pod: Pod) => pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
const controllerOf = (object: KubernetesObject) => object.metadata.ownerReferences?.find(({ controller }) => controller === true);

function isOpen(node: Node): boolean {
  return node.spec?.unschedulable !== true && (node.spec?.taints ?? []).every(({ effect }) => effect === 'PreferNoSchedule');
}

function nodeProblems(nodes: readonly Node[]): readonly string[] {
  return nodes.flatMap((node) => [
    ...(node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true ? [] : [`${nameOf(node)} is not Ready`]),
    ...(node.spec?.taints ?? []).filter(({ key }) => key === 'node.kubernetes.io/unreachable' || key === 'node.kubernetes.io/not-ready').map(({ key }) => `${nameOf(node)} still has the taint ${key}`),
    ...((node.spec?.unschedulable === true) === (node.spec?.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/unschedulable') ? [] : [`${nameOf(node)} is cordoned or tainted by half`]),
  ]);
}

function podProblems(lab: Lab, pods: readonly Pod[], nodes: readonly Node[], hasRoom: boolean): readonly string[] {
  const problems: string[] = [];
  const byIp = new Map<string, Pod>();
  const usedByNode = new Map<string, number>();
  for (const pod of pods) {
    const { deletionTimestamp } = pod.metadata;
    const nodeName = pod.spec.nodeName ?? '';
    const ip = pod.status?.podIP ?? '';
    if (deletionTimestamp !== undefined) problems.push(`${nameOf(pod)} is still being deleted`);
    if (nodeName === '') {
      if (hasRoom) problems.push(`${nameOf(pod)} has no node, and there is one`);
      continue;
    }
    const node = nodes.find(({ metadata }) => metadata.name === nodeName);
    if (node === undefined) problems.push(`${nameOf(pod)} is on ${nodeName}, which does not exist`);
    else if ((node.spec?.taints ?? []).some(({ effect, key }) => effect === 'NoExecute' && key === 'sim')) problems.push(`${nameOf(pod)} is on ${nodeName} in spite of its taint`);
    if (isOver(pod)) continue;
    if (isGoodTemplate(pod.spec) && !isReady(pod)) problems.push(`${nameOf(pod)} on ${nodeName} is ${pod.status?.phase}, not Ready: ${JSON.stringify(pod.status?.containerStatuses?.map(({ state }) => state))}`);
    if (ip === '') continue;
    usedByNode.set(nodeName, (usedByNode.get(nodeName) ?? 0) + 1);
    const other = byIp.get(ip);
    if (other !== undefined) problems.push(`${nameOf(pod)} and ${nameOf(other)} both have ${ip}`);
    byIp.set(ip, pod);
  }
  for (const { name, podIpsUsed } of lab.cluster.network.nodes) {
    const wanted = usedByNode.get(name) ?? 0;
    if (podIpsUsed !== wanted) problems.push(`${name} has ${podIpsUsed} addresses in use for ${wanted} pods`);
  }
  return problems;
}

async function ownerProblems(lab: Lab): Promise<readonly string[]> {
  const owners = await Promise.all(['deployments', 'replicasets', 'replicationcontrollers', 'services', 'nodes', 'endpoints', 'pods'].map((resource) => lab.admin.list(resource)));
  const uids = new Set(owners.flat().map(({ metadata }) => metadata.uid));
  const owned = await Promise.all(OWNED.map((resource) => lab.admin.list(resource)));
  return owned.flat().flatMap((object) => (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid)).map(({ kind, name }) => `${nameOf(object)} is an orphan of ${kind} ${name}`));
}

function namespaceProblems(namespaces: readonly KubernetesObject[], objects: readonly KubernetesObject[]): readonly string[] {
  const names = new Set(namespaces.map(({ metadata }) => metadata.name));
  return [
    ...namespaces.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map((namespace) => `${nameOf(namespace)} is still being deleted`),
    ...objects.filter(({ metadata }) => !names.has(metadata.namespace ?? '')).map((object) => `${nameOf(object)} is in a namespace that is gone`),
  ];
}

function replicaProblems(set: ReplicaSet | ReplicationController, pods: readonly Pod[], hasRoom: boolean): readonly string[] {
  const own = pods.filter((pod) => controllerOf(pod)?.uid === set.metadata.uid && !isOver(pod) && pod.metadata.deletionTimestamp === undefined);
  const wanted = set.spec.replicas ?? 1;
  const ready = own.filter(isReady).length;
  const status = set.status;
  const problems: string[] = [];
  if (set.metadata.deletionTimestamp !== undefined) problems.push(`${nameOf(set)} is still being deleted`);
  if (own.length !== wanted) problems.push(`${nameOf(set)} wants ${wanted} pods and has ${own.length}`);
  if ((status?.replicas ?? 0) !== own.length || (status?.readyReplicas ?? 0) !== ready) problems.push(`${nameOf(set)} says it has ${status?.replicas} pods, ${status?.readyReplicas ?? 0} of them ready, and has ${own.length}, ${ready} ready`);
  if (status?.observedGeneration !== set.metadata.generation) problems.push(`${nameOf(set)} has not been observed`);
  // A pod that was adopted may be of any kind.
  if (hasRoom && isGoodTemplate(set.spec.template?.spec) && own.every(({ spec }) => isGoodTemplate(spec)) && ready !== wanted) problems.push(`${nameOf(set)} wants ${wanted} pods and ${ready} are ready`);
  return problems;
}

function deploymentProblems(deployment: Deployment, replicaSets: readonly ReplicaSet[], hasRoom: boolean): readonly string[] {
  const own = replicaSets.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
  const wanted = deployment.spec.replicas ?? 1;
  const problems: string[] = [];
  const status = deployment.status ?? {};
  if (deployment.metadata.deletionTimestamp !== undefined) problems.push(`${nameOf(deployment)} is still being deleted`);
  if (status.observedGeneration !== deployment.metadata.generation) problems.push(`${nameOf(deployment)} has not been observed`);
  if (!hasRoom || !isGoodTemplate(deployment.spec.template.spec)) return problems;
  const active = own.filter((set) => (set.spec.replicas ?? 1) > 0);
  // Upstream, too, is stuck here: ReplicaSets adopted with another size on record are a scaling event, and with Recreate nothing is scaled while two have pods.
  if (deployment.spec.strategy?.type === 'Recreate' && active.length > 1 && active.some(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/desired-replicas'] !== String(wanted))) return problems;
  const total = active.reduce((sum, set) => sum + (set.spec.replicas ?? 1), 0);
  if (total !== wanted || active.length > 1) problems.push(`${nameOf(deployment)} wants ${wanted} pods, and its ReplicaSets want ${active.map((set) => `${set.metadata.name}: ${set.spec.replicas}`).join(', ') || 'none'}`);
  const counts = [status.replicas, status.updatedReplicas, status.readyReplicas, status.availableReplicas].map((count) => count ?? 0);
  if (counts.some((count) => count !== wanted) || (status.unavailableReplicas ?? 0) !== 0) problems.push(`${nameOf(deployment)} wants ${wanted} pods and counts ${counts.join('/')}, ${status.unavailableReplicas ?? 0} unavailable`);
  if (own.length > (deployment.spec.revisionHistoryLimit ?? 10) + 1) problems.push(`${nameOf(deployment)} keeps ${own.length} ReplicaSets`);
  return problems;
}

function endpointProblems(service: Service, pods: readonly Pod[], slices: readonly EndpointSlice[], endpoints: readonly Endpoints[]): readonly string[] {
  const { selector } = service.spec;
  const { namespace, name } = service.metadata;
  if (selector === undefined) return [];
  const wanted = pods
    .filter((pod) => pod.metadata.namespace === namespace && !isOver(pod) && pod.metadata.deletionTimestamp === undefined && isReady(pod)
      && Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value))
    .map((pod) => pod.status?.podIP ?? '').sort().join(' ');
  const inSlices = slices
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap((slice) => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready === true).map(({ addresses }) => addresses[0] ?? '').sort().join(' ');
  const own = endpoints.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  const inEndpoints = (own?.subsets ?? []).flatMap(({ addresses }) => addresses ?? []).map(({ ip }) => ip).sort().join(' ');
  return [
    ...(inSlices === wanted ? [] : [`${nameOf(service)} has ready pods at [${wanted}] and EndpointSlices with [${inSlices}]`]),
    ...(inEndpoints === wanted ? [] : [`${nameOf(service)} has ready pods at [${wanted}] and Endpoints with [${inEndpoints}]`]),
  ];
}

function strayEndpoints(services: readonly Service[], slices: readonly EndpointSlice[], endpoints: readonly Endpoints[]): readonly string[] {
  const names = new Set(services.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return [
    // Deleted with propagationPolicy Orphan, a Service leaves its slices behind, as upstream.
    ...slices.filter(({ metadata }) => (metadata.ownerReferences ?? []).length > 0 && !names.has(`${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`)).map((slice) => `${nameOf(slice)} has no Service any more`),
    ...endpoints.filter(({ metadata }) => !names.has(`${metadata.namespace}/${metadata.name}`)).map((object) => `${nameOf(object)} has no Service any more`),
  ];
}

function eventProblems(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => {
    const { count = 1, firstTimestamp, lastTimestamp } = event;
    if (count < 1 || count > 10_000) return [`${nameOf(event)} (${event.reason}) counts ${count}`];
    if (firstTimestamp !== undefined && lastTimestamp !== undefined && firstTimestamp > lastTimestamp) return [`${nameOf(event)} (${event.reason}) ended before it began`];
    return [];
  });
}
