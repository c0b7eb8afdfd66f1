import type { Container, ContainerStateTerminated, Pod } from '../../api/index.ts';
import type { Backoff } from './backoff.ts';

/** init: runs to its end before the next; sidecar: an init container with restartPolicy Always; main; ephemeral: added by kubectl debug. */
export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** One run of a container, as the runtime told it. */
export interface ContainerRun {
  readonly containerId: string;
  readonly image: string;
  readonly imageId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs?: number;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly message?: string;
}

export type ContainerPhase =
  | { readonly type: 'waiting'; readonly reason?: string; readonly message?: string }
  | { readonly type: 'running'; readonly run: ContainerRun }
  | { readonly type: 'exited'; readonly run: ContainerRun };

/** What the worker knows of one container. Only the worker writes it. */
export interface ContainerFacts {
  readonly name: string;
  readonly kind: ContainerKind;
  phase: ContainerPhase;
  /** The run before the one that phase tells of. */
  last: ContainerStateTerminated | undefined;
  /** The newest run, whether it goes on or is over. */
  newestRun: ContainerRun | undefined;
  restartCount: number;
  /** There has been a run, so that the next start is a restart. */
  hasRun: boolean;
  /** The restart count that the start under way will have. */
  attempt: number;
  operation: 'none' | 'starting' | 'stopping';
  /** Results of probes; what has no such probe is always true. */
  ready: boolean;
  started: boolean;
  backoff: Backoff | undefined;
  /** Not to be started before. */
  retryAtMs: number | undefined;
  /** A stop already asked for, with its grace. */
  stopGraceMs: number | undefined;
}

/** All facts of one pod, from which its status is made. */
export interface PodFacts {
  readonly pod: Pod;
  readonly containers: readonly ContainerFacts[];
  readonly startMs: number;
  readonly hostIp: string;
  readonly podIp: string | undefined;
  readonly sandboxReady: boolean;
  /** All containers are over and none will be started again. */
  readonly isTerminal: boolean;
  /** Set where the kubelet itself ended the pod, e.g. DeadlineExceeded. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}

/** The containers of a pod in the order in which they start. */
export function containersOf(pod: Pod): readonly { readonly spec: Container; readonly kind: ContainerKind }[] {
  return [
    ...(pod.spec.initContainers ?? []).map((spec) => ({ spec, kind: spec.restartPolicy === 'Always' ? 'sidecar' as const : 'init' as const })),
    ...pod.spec.containers.map((spec) => ({ spec, kind: 'main' as const })),
    ...(pod.spec.ephemeralContainers ?? []).map((spec) => ({ spec, kind: 'ephemeral' as const })),
  ];
}

/** The spec of a container by name, of any kind. */
export function containerSpec(pod: Pod, name: string): Container | undefined {
  const hasName = (container: Container) => container.name === name;
  return pod.spec.containers.find(hasName) ?? pod.spec.initContainers?.find(hasName) ?? pod.spec.ephemeralContainers?.find(hasName);
}

/** The fieldPath of events that tell of a container. Kubernetes: pkg/kubelet/container, fieldPath. */
export function containerFieldPath(pod: Pod, name: string): string {
  if (pod.spec.containers.some((container) => container.name === name)) return `spec.containers{${name}}`;
  return pod.spec.initContainers?.some((container) => container.name === name) === true ? `spec.initContainers{${name}}` : `spec.ephemeralContainers{${name}}`;
}

/** A run that is over, as the status tells it. */
export function terminatedState(run: ContainerRun, formatTime: (ms: number) => string): ContainerStateTerminated {
  return {
    exitCode: run.exitCode ?? 0,
    reason: run.reason ?? (run.exitCode === 0 ? 'Completed' : 'Error'),
    ...(run.message === undefined || run.message === '' ? {} : { message: run.message }),
    startedAt: formatTime(run.startedAtMs),
    finishedAt: formatTime(run.finishedAtMs ?? run.startedAtMs),
    containerID: `drydock://${run.containerId}`,
  };
}
