import type { KubernetesObject, Pod } from '../api/index.ts';

/** How an object fares, in the few words that fit beside its name. Words are kubectl's. */
export interface ObjectState {
  readonly text: string;
  readonly health: 'good' | 'busy' | 'bad' | 'none';
}

/** The state of any object; for kinds without one an empty text. */
export function stateOf(object: KubernetesObject): ObjectState {
  if (object.metadata.deletionTimestamp !== undefined && object.kind !== 'Pod') return { text: 'Terminating', health: 'busy' };
  const spec = fields(object, 'spec');
  const status = fields(object, 'status');
  switch (object.kind) {
    case 'Pod': return podState(object as Pod);
    case 'Deployment': return ready(status['readyReplicas'], spec['replicas'] ?? 1, status['observedGeneration'], object.metadata.generation, status['updatedReplicas']);
    case 'StatefulSet': case 'ReplicaSet': case 'ReplicationController': return ready(status['readyReplicas'], spec['replicas'] ?? 1, status['observedGeneration'], object.metadata.generation);
    case 'DaemonSet': return ready(status['numberReady'], status['desiredNumberScheduled'] ?? 0, status['observedGeneration'], object.metadata.generation);
    case 'Job': return jobState(spec, status);
    case 'CronJob': return { text: `${String(spec['schedule'] ?? '')}${spec['suspend'] === true ? ' (suspended)' : ''}`, health: 'none' };
    case 'Node': return nodeState(spec, status);
    case 'Namespace': case 'PersistentVolume': case 'PersistentVolumeClaim': return phase(status['phase']);
    case 'Service': return { text: [spec['type'] ?? 'ClusterIP', spec['clusterIP']].filter((part) => part !== undefined && part !== '').join(' '), health: 'none' };
    case 'HorizontalPodAutoscaler': return { text: `${String(status['currentReplicas'] ?? 0)} (${String(spec['minReplicas'] ?? 1)}–${String(spec['maxReplicas'] ?? '?')})`, health: 'none' };
    case 'ConfigMap': case 'Secret': return { text: `${Object.keys(fields(object, 'data')).length}`, health: 'none' };
    case 'Event': return { text: String((object as { readonly reason?: unknown }).reason ?? ''), health: (object as { readonly type?: unknown }).type === 'Warning' ? 'bad' : 'none' };
    default: return conditionState(status);
  }
}

function ready(readyCount: unknown, wanted: unknown, observed: unknown, generation: unknown, updated?: unknown): ObjectState {
  const have = typeof readyCount === 'number' ? readyCount : 0;
  const want = typeof wanted === 'number' ? wanted : 0;
  const isSettled = have === want && (observed === undefined || generation === undefined || observed === generation) && (typeof updated !== 'number' || updated >= want);
  return { text: `${have}/${want} ready`, health: isSettled ? 'good' : 'busy' };
}

function jobState(spec: Fields, status: Fields): ObjectState {
  const conditions = conditionsOf(status);
  if (conditions.get('Failed') === 'True') return { text: 'Failed', health: 'bad' };
  const text = `${String(status['succeeded'] ?? 0)}/${String(spec['completions'] ?? 1)}`;
  if (conditions.get('Complete') === 'True') return { text: `${text} Complete`, health: 'good' };
  return { text: spec['suspend'] === true ? 'Suspended' : text, health: 'busy' };
}

function nodeState(spec: Fields, status: Fields): ObjectState {
  const isReady = conditionsOf(status).get('Ready') === 'True';
  return { text: `${isReady ? 'Ready' : 'NotReady'}${spec['unschedulable'] === true ? ',SchedulingDisabled' : ''}`, health: isReady ? 'good' : 'bad' };
}

function phase(value: unknown): ObjectState {
  const text = typeof value === 'string' ? value : '';
  return { text, health: text === 'Active' || text === 'Bound' || text === 'Available' ? 'good' : text === 'Failed' || text === 'Lost' ? 'bad' : text === '' ? 'none' : 'busy' };
}

function conditionState(status: Fields): ObjectState {
  const conditions = conditionsOf(status);
  for (const type of ['Ready', 'Available', 'Established']) {
    const value = conditions.get(type);
    if (value !== undefined) return { text: value === 'True' ? type : `Not${type}`, health: value === 'True' ? 'good' : 'bad' };
  }
  return { text: '', health: 'none' };
}

/** Ready containers and the STATUS column of a pod. Kubernetes: pkg/printers/internalversion, printPod. */
export function podState(pod: Pod): ObjectState {
  const statuses = pod.status?.containerStatuses ?? [];
  const readyCount = statuses.filter((status) => status.ready).length;
  const count = pod.spec?.containers.length ?? statuses.length;
  const reason = podReason(pod);
  const health = reason === 'Running' || reason === 'Completed' || reason === 'Succeeded'
    ? (reason === 'Running' && readyCount < count ? 'busy' : 'good')
    : busyReasons.has(reason) || /^Init:\d/.test(reason) ? 'busy' : 'bad';
  return { text: `${reason} ${readyCount}/${count}`, health };
}

const busyReasons: ReadonlySet<string> = new Set(['Pending', 'ContainerCreating', 'PodInitializing', 'Terminating', 'SchedulingGated', 'NotReady']);

/** The STATUS column of a pod. */
function podReason(pod: Pod): string {
  const status = pod.status;
  let reason = status?.reason ?? status?.phase ?? 'Pending';
  for (const condition of status?.conditions ?? []) if (condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated') reason = 'SchedulingGated';
  const initStatuses = status?.initContainerStatuses ?? [];
  const initCount = pod.spec?.initContainers?.length ?? initStatuses.length;
  let initializing = false;
  for (const [index, container] of initStatuses.entries()) {
    const sidecar = pod.spec?.initContainers?.find((spec) => spec.name === container.name)?.restartPolicy === 'Always';
    if (container.state?.terminated?.exitCode === 0 || (sidecar && container.started === true)) continue;
    const { terminated, waiting } = container.state ?? {};
    if (terminated !== undefined) reason = `Init:${terminated.reason !== undefined && terminated.reason !== '' ? terminated.reason : terminated.signal !== undefined && terminated.signal !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`}`;
    else if (waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${initCount}`;
    initializing = true;
    break;
  }
  if (!initializing) {
    let hasRunning = false;
    for (const container of [...(status?.containerStatuses ?? [])].reverse()) {
      const { terminated, waiting, running } = container.state ?? {};
      if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
      else if (terminated !== undefined) reason = terminated.reason !== undefined && terminated.reason !== '' ? terminated.reason : terminated.signal !== undefined && terminated.signal !== 0 ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
      else if (container.ready && running !== undefined) hasRunning = true;
    }
    if (reason === 'Completed' && hasRunning) reason = (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True') ? 'Running' : 'NotReady';
  }
  if (pod.metadata.deletionTimestamp !== undefined) return status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  return reason;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(object: KubernetesObject, name: string): Fields {
  const value = (object as unknown as Fields)[name];
  return typeof value === 'object' && value !== null ? value as Fields : {};
}

function conditionsOf(status: Fields): ReadonlyMap<string, string> {
  const conditions = status['conditions'];
  return new Map(Array.isArray(conditions) ? conditions.map((condition: { readonly type?: unknown; readonly status?: unknown }) => [String(condition.type), String(condition.status)]) : []);
}
