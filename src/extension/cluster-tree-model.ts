import type { KubernetesObject, Pod } from '../api/index.ts';
import { type ObjectRef, objectKey } from '../protocol/index.ts';
import { joinApiVersion, type ServedResource } from './discovery.ts';
import { stateOf, type ObjectState } from './object-state.ts';

/** One line of the Cluster tree, without anything of VS Code. */
export interface TreeEntry {
  /** Unique in the tree and the same from one refresh to the next. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: TreeIcon;
  /** What `when` clauses of the context menus look at: words separated by spaces. */
  readonly context: string;
  readonly expandable: 'no' | 'collapsed' | 'expanded';
  /** What a screen reader says. */
  readonly accessibleLabel: string;
  readonly tooltip: string;
  /** Set on entries that are an object. */
  readonly ref?: ObjectRef;
  readonly target?: TreeTarget;
}

export type TreeIcon = 'component' | 'node' | 'namespace' | 'folder' | 'section' | 'more' | ObjectState['health'];

/** What the children of an entry are. */
export type TreeTarget =
  | { readonly kind: 'controlPlane' }
  | { readonly kind: 'nodes' }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'namespaces' }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'clusterScoped' }
  | { readonly kind: 'objects'; readonly resource: ServedResource; readonly namespace?: string };

/** What the tree reads. Asking for objects starts their watch; undefined: not there yet. */
export interface TreeSource {
  readonly server: string;
  readonly version: string;
  readonly resources: readonly ServedResource[];
  objects(resource: ServedResource): Iterable<KubernetesObject> | undefined;
  /** How many lines of a list are shown; "Show more" raises it. */
  limitOf(id: string): number;
  text(message: string, ...values: readonly (string | number)[]): string;
  nowMs(): number;
}

/** Lines of a list before "Show more": one refresh of the tree stays a small thing however many pods there are. */
export const linesMax = 100;

/** Kinds that are shown in a namespace, in this order; other namespaced kinds follow by name. */
const kindOrder = ['Pod', 'Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Service', 'EndpointSlice', 'Ingress', 'NetworkPolicy', 'ConfigMap', 'Secret', 'PersistentVolumeClaim', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'ServiceAccount', 'Role', 'RoleBinding', 'ResourceQuota', 'LimitRange', 'Lease'];
/** Kinds of namespaces that would only be noise: they come and go by themselves, or are shown elsewhere. */
const hiddenKinds: ReadonlySet<string> = new Set(['Event', 'Endpoints', 'ControllerRevision', 'PodTemplate', 'PodMetrics', 'CSIStorageCapacity', 'Binding', 'LocalSubjectAccessReview']);
const clusterKinds: ReadonlySet<string> = new Set(['PersistentVolume', 'StorageClass', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'IngressClass', 'PriorityClass', 'RuntimeClass', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'APIService', 'CertificateSigningRequest']);
const systemNamespaces: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease']);
/** Kinds of workloads that have a number of replicas. */
const scalable: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController']);
const withPods: ReadonlySet<string> = new Set(['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']);

/** The lines below an entry (undefined: the top). */
export function treeChildren(target: TreeTarget | undefined, id: string, source: TreeSource): readonly TreeEntry[] {
  switch (target?.kind) {
    case undefined: return topLevel(source);
    case 'controlPlane': return controlPlane(source);
    case 'nodes': return nodes(source);
    case 'node': return objectLines(id, sortByName(podsOf(source, (pod) => pod.spec?.nodeName === target.name)), source, true);
    case 'namespaces': return namespaces(source);
    case 'namespace': return namespaceFolders(target.name, source);
    case 'clusterScoped': return source.resources.filter((resource) => !resource.namespaced && isWatched(resource) && (clusterKinds.has(resource.kind) || isOwnGroup(resource.group))).map((resource) => folder(resource, undefined, source));
    case 'objects': {
      const objects = [...source.objects(target.resource) ?? []].filter((object) => target.namespace === undefined || object.metadata.namespace === target.namespace);
      return objectLines(id, sortByName(objects), source, false, target.resource);
    }
  }
}

function topLevel(source: TreeSource): readonly TreeEntry[] {
  const { text } = source;
  const nodeList = [...objectsOf(source, '', 'Node')];
  const readyCount = nodeList.filter((node) => stateOf(node).health === 'good').length;
  return [
    section('controlPlane', text('Control plane'), source.version, { kind: 'controlPlane' }, 'collapsed'),
    section('nodes', text('Nodes'), nodeList.length === 0 ? '' : text('{0}/{1} ready', readyCount, nodeList.length), { kind: 'nodes' }, 'expanded'),
    section('namespaces', text('Namespaces'), '', { kind: 'namespaces' }, 'expanded'),
    section('clusterScoped', text('Cluster-wide'), '', { kind: 'clusterScoped' }, 'collapsed'),
  ];
}

function section(id: string, label: string, description: string, target: TreeTarget, expandable: TreeEntry['expandable']): TreeEntry {
  return { id, label, description, icon: 'section', context: `section ${id}`, expandable, accessibleLabel: `${label} ${description}`.trim(), tooltip: '', target };
}

/** The API server by its connection, scheduler and controller manager by the leases that they renew. Kubernetes: leader election. */
function controlPlane(source: TreeSource): readonly TreeEntry[] {
  const { text } = source;
  const leases = [...objectsOf(source, 'coordination.k8s.io', 'Lease')].filter((lease) => lease.metadata.namespace === 'kube-system');
  const component = (name: string, description: string, health: ObjectState['health'], tooltip: string): TreeEntry => ({
    id: `component/${name}`, label: name, description, icon: health, context: 'component', expandable: 'no', accessibleLabel: `${name} ${description}`, tooltip,
  });
  const elected = (name: string): TreeEntry => {
    const lease = leases.find((candidate) => candidate.metadata.name === name);
    if (lease === undefined) return component(name, text('no leader'), 'busy', text('Nobody holds the lease {0} in kube-system.', name));
    const spec = (lease as { readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string; readonly leaseDurationSeconds?: number } }).spec ?? {};
    const ageMs = spec.renewTime === undefined ? Number.POSITIVE_INFINITY : source.nowMs() - Date.parse(spec.renewTime);
    const isFresh = ageMs <= (spec.leaseDurationSeconds ?? 15) * 1000;
    return component(name, isFresh ? text('leads') : text('lease expired'), isFresh ? 'good' : 'bad', text('The lease {0} is held by {1}.', name, spec.holderIdentity ?? '?'));
  };
  const members = source.resources.find((resource) => resource.resource === 'raftmembers');
  const etcd: readonly TreeEntry[] = members === undefined
    ? [component('etcd', text('behind the API server'), 'good', text('Only the API server talks to etcd; that it is ready says that etcd answers.'))]
    : objectLines('etcd', sortByName([...source.objects(members) ?? []]), source, false, members);
  return [component('kube-apiserver', source.server.replace(/^https:\/\//, ''), 'good', `${source.server} ${source.version}`), ...etcd, elected('kube-scheduler'), elected('kube-controller-manager')];
}

function nodes(source: TreeSource): readonly TreeEntry[] {
  const podCounts = new Map<string, number>();
  for (const pod of podsOf(source, () => true)) if (pod.spec?.nodeName !== undefined) podCounts.set(pod.spec.nodeName, (podCounts.get(pod.spec.nodeName) ?? 0) + 1);
  const lines = sortByName([...objectsOf(source, '', 'Node')]).map((node): TreeEntry => {
    const state = stateOf(node);
    const count = podCounts.get(node.metadata.name) ?? 0;
    const description = `${state.text} · ${count === 1 ? source.text('1 pod') : source.text('{0} pods', count)}`;
    return { ...objectEntry('node', node), icon: state.health === 'good' ? 'node' : state.health, description, accessibleLabel: `${node.metadata.name} ${description}`, expandable: count === 0 ? 'no' : 'collapsed', target: { kind: 'node', name: node.metadata.name } };
  });
  const waiting = podsOf(source, (pod) => pod.spec?.nodeName === undefined || pod.spec.nodeName === '');
  return [...lines, ...objectLines('unscheduled', sortByName(waiting), source, true)];
}

function namespaces(source: TreeSource): readonly TreeEntry[] {
  const all = [...objectsOf(source, '', 'Namespace')];
  const isSystem = (object: KubernetesObject) => systemNamespaces.has(object.metadata.name);
  return [...sortByName(all.filter((object) => !isSystem(object))), ...sortByName(all.filter(isSystem))].map((namespace) => {
    const state = stateOf(namespace);
    const description = state.health === 'good' ? '' : state.text;
    return {
      ...objectEntry('namespace', namespace), icon: 'namespace' as const, description, accessibleLabel: `${source.text('Namespace')} ${namespace.metadata.name} ${description}`.trim(),
      expandable: namespace.metadata.name === 'default' ? 'expanded' as const : 'collapsed' as const, target: { kind: 'namespace', name: namespace.metadata.name } as const,
    };
  });
}

function namespaceFolders(namespace: string, source: TreeSource): readonly TreeEntry[] {
  const order = (kind: string) => (kindOrder.includes(kind) ? kindOrder.indexOf(kind) : kindOrder.length);
  return source.resources
    .filter((resource) => resource.namespaced && isWatched(resource) && !hiddenKinds.has(resource.kind) && (kindOrder.includes(resource.kind) || isOwnGroup(resource.group)))
    .filter((resource, index, all) => all.findIndex((other) => other.group === resource.group && other.kind === resource.kind) === index) // the preferred version
    .sort((a, b) => order(a.kind) - order(b.kind) || a.kind.localeCompare(b.kind))
    .map((resource) => folder(resource, namespace, source))
    .filter((entry) => entry.description !== '0');
}

function folder(resource: ServedResource, namespace: string | undefined, source: TreeSource): TreeEntry {
  let count = 0;
  for (const object of source.objects(resource) ?? []) if (namespace === undefined || object.metadata.namespace === namespace) count++;
  const label = pluralOf(resource.kind);
  return {
    id: `folder/${namespace ?? ''}/${resource.group}/${resource.resource}`, label, description: String(count), icon: 'folder', context: 'folder', expandable: count === 0 ? 'no' : 'collapsed',
    accessibleLabel: `${label} ${count}`, tooltip: `${joinApiVersion(resource.group, resource.version)} ${resource.kind}`, target: { kind: 'objects', resource, ...(namespace === undefined ? {} : { namespace }) },
  };
}

function objectLines(id: string, objects: readonly KubernetesObject[], source: TreeSource, withNamespace: boolean, resource?: ServedResource): readonly TreeEntry[] {
  const limit = source.limitOf(id);
  const lines = objects.slice(0, limit).map((object) => {
    const entry = objectEntry(id, object, resource);
    const namespace = object.metadata.namespace;
    if (!withNamespace || namespace === undefined || namespace === 'default') return entry;
    return { ...entry, description: `${entry.description} · ${namespace}`, accessibleLabel: `${entry.accessibleLabel} ${namespace}` };
  });
  if (objects.length <= limit) return lines;
  const label = source.text('Show more ({0})', objects.length - limit);
  return [...lines, { id: `more/${id}`, label, description: '', icon: 'more', context: 'more', expandable: 'no', accessibleLabel: label, tooltip: '' }];
}

function objectEntry(parent: string, object: KubernetesObject, resource?: ServedResource): TreeEntry {
  const kind = object.kind ?? resource?.kind ?? '';
  const apiVersion = object.apiVersion ?? (resource === undefined ? 'v1' : joinApiVersion(resource.group, resource.version));
  const { name, namespace, uid } = object.metadata;
  const ref: ObjectRef = { apiVersion, kind, name: name ?? '', ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) };
  const state = stateOf(object);
  const words = ['object', kind, ...(scalable.has(kind) ? ['scalable'] : []), ...(withPods.has(kind) ? ['logs'] : []), ...(kind === 'Pod' || kind === 'Service' || kind === 'Deployment' ? ['forward'] : [])];
  return {
    id: `${parent}/${objectKey(ref)}`, label: ref.name, description: state.text, icon: state.health, context: words.join(' '), expandable: 'no',
    accessibleLabel: `${kind} ${ref.name} ${state.text}`.trim(), tooltip: `${kind} ${namespace === undefined ? '' : `${namespace}/`}${ref.name}${state.text === '' ? '' : `\n${state.text}`}`, ref,
  };
}

function objectsOf(source: TreeSource, group: string, kind: string): Iterable<KubernetesObject> {
  const resource = source.resources.find((candidate) => candidate.group === group && candidate.kind === kind && isWatched(candidate));
  return resource === undefined ? [] : source.objects(resource) ?? [];
}

function podsOf(source: TreeSource, matches: (pod: Pod) => boolean): Pod[] {
  const pods: Pod[] = [];
  for (const pod of objectsOf(source, '', 'Pod')) if (matches(pod as Pod)) pods.push(pod as Pod);
  return pods;
}

const isWatched = (resource: ServedResource) => resource.verbs.has('watch') && resource.verbs.has('list');
/** Groups of CustomResourceDefinitions and of the lab itself: not Kubernetes' own. */
const isOwnGroup = (group: string) => group.includes('.') && !group.endsWith('.k8s.io');

function sortByName<T extends KubernetesObject>(objects: readonly T[]): readonly T[] {
  return objects.toSorted((a, b) => compare(a.metadata.name, b.metadata.name) || compare(a.metadata.namespace, b.metadata.namespace));
}

const compare = (a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0);

/** Pods, Ingresses, NetworkPolicies: as headings say it. */
export function pluralOf(kind: string): string {
  if (/(s|x|ch)$/.test(kind)) return kind === 'Endpoints' ? kind : `${kind}es`;
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
