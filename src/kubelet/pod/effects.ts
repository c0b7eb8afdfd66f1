import type { Pod } from '../../api/index.ts';
import type { ContainerRun } from './facts.ts';

/** What happened to a pod; the worker's only input. */
export type PodInput =
  /** The pod as the API server has it now. byOthers: it holds more than this kubelet's own status. */
  | { readonly type: 'updated'; readonly pod: Pod; readonly byOthers: boolean }
  /** The pod is gone from the API server without this kubelet's doing. */
  | { readonly type: 'removed' }
  | { readonly type: 'volumesMounted' }
  /** Try again after retryMs. */
  | { readonly type: 'volumesFailed'; readonly retryMs: number }
  | { readonly type: 'sandboxReady'; readonly ip: string }
  | { readonly type: 'sandboxFailed'; readonly message: string }
  | { readonly type: 'sandboxStopped' }
  | { readonly type: 'started'; readonly container: string; readonly run: ContainerRun }
  /** The container could not be started. retryAtMs: not before; undefined: the crash back-off decides. */
  | { readonly type: 'startFailed'; readonly container: string; readonly reason: string; readonly message: string; readonly retryAtMs: number | undefined; readonly run?: ContainerRun }
  | { readonly type: 'exited'; readonly container: string; readonly run: ContainerRun }
  /** A stop was refused or found nothing to stop. */
  | { readonly type: 'stopped'; readonly container: string }
  | { readonly type: 'probed'; readonly container: string; readonly probe: ProbeKind; readonly success: boolean }
  /** The node ends the pod, e.g. Evicted. */
  | { readonly type: 'evict'; readonly reason: string; readonly message: string }
  /** The time asked for by wake has come. */
  | { readonly type: 'woken' };

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** What the driver has to do; it answers each with an input. */
export type PodEffect =
  | { readonly type: 'mountVolumes' }
  | { readonly type: 'startSandbox' }
  | { readonly type: 'start'; readonly container: string; readonly attempt: number }
  /** Runs preStop and stops the container within graceMs. */
  | { readonly type: 'stop'; readonly container: string; readonly graceMs: number; readonly message: string }
  | { readonly type: 'startProbes'; readonly container: string }
  | { readonly type: 'stopProbes'; readonly container: string }
  | { readonly type: 'stopSandbox' }
  | { readonly type: 'event'; readonly eventType: 'Normal' | 'Warning'; readonly reason: string; readonly message: string; readonly container?: string }
  /** The pod's status changed: write it when there is time. */
  | { readonly type: 'status' }
  /** Everything is stopped: once the status is written, the object may go. */
  | { readonly type: 'finished' }
  /** Wake the worker at this time; replaces the time before. undefined: no need. */
  | { readonly type: 'wake'; readonly atMs: number | undefined };
