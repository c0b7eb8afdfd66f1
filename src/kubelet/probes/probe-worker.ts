import type { Probe } from '../../api/index.ts';
import type { ProbeKind } from '../pod/effects.ts';
import type { ProbeOutcome } from './run-probe.ts';

/** What a probe's result makes of a container. */
export interface ProbeVerdict {
  /** The result that counts from now on; undefined: nothing changed. */
  readonly result: boolean | undefined;
  /** The message of an Unhealthy event. */
  readonly unhealthy: string | undefined;
  /** No more probes until the container starts anew. */
  readonly isOver: boolean;
}

const capitalised: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };

/** Counts the results of one probe of one run of a container. Pure. Kubernetes: kubelet/prober, worker.doProbe. */
export class ProbeWorker {
  private last: boolean | undefined;
  private streak = 0;
  private current: boolean | undefined;
  private readonly kind: ProbeKind;
  private readonly probe: Probe;

  constructor(kind: ProbeKind, probe: Probe) {
    this.kind = kind;
    this.probe = probe;
  }

  handle({ result, output }: ProbeOutcome): ProbeVerdict {
    const name = capitalised[this.kind];
    if (result === 'unknown') return { result: undefined, unhealthy: `${name} probe errored and resulted in unknown state: ${output}`, isOver: false };
    const success = result === 'success';
    const unhealthy = success ? undefined : `${name} probe failed: ${output}`;
    this.streak = this.last === success ? this.streak + 1 : 1;
    this.last = success;
    const threshold = success ? (this.probe.successThreshold ?? 1) : (this.probe.failureThreshold ?? 3);
    if (this.streak < threshold) return { result: undefined, unhealthy, isOver: false };
    // A liveness or startup probe that failed stands until the restart; a startup probe that succeeded has done its work.
    const isOver = (this.kind !== 'readiness' && !success) || (this.kind === 'startup' && success);
    const changed = this.current !== success;
    this.current = success;
    return { result: changed ? success : undefined, unhealthy, isOver };
  }
}
