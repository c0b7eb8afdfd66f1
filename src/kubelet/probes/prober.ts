import { type Disposable, DisposableStore } from '../../base/index.ts';
import type { Probe } from '../../api/index.ts';
import type { ProbeKind } from '../pod/effects.ts';
import { ProbeWorker } from './probe-worker.ts';
import { type ProbeTarget, type ProbeTools, runProbe } from './run-probe.ts';

export interface ProberOptions {
  readonly target: ProbeTarget;
  readonly tools: ProbeTools;
  readonly onResult: (kind: ProbeKind, success: boolean) => void;
  readonly onUnhealthy: (kind: ProbeKind, message: string) => void;
}

/**
 * Runs the probes of one run of a container until it is disposed: the startup probe first, the others once it has
 * succeeded. Kubernetes: kubelet/prober, Manager and worker.
 */
export function startProber({ target, tools, onResult, onUnhealthy }: ProberOptions): Disposable {
  const store = new DisposableStore();
  const { startupProbe, livenessProbe, readinessProbe } = target.container;
  const startedMs = tools.clock.nowMs();

  const run = (kind: ProbeKind, probe: Probe, onOver: () => void) => {
    const worker = new ProbeWorker(kind, probe);
    const periodMs = (probe.periodSeconds ?? 10) * 1_000;
    let timer: Disposable | undefined;
    store.add({ dispose: () => timer?.dispose() });
    const once = async () => {
      const begunMs = tools.clock.nowMs();
      const outcome = await runProbe(probe, (probe.timeoutSeconds ?? 1) * 1_000, target, tools);
      if (store.isDisposed) return;
      const verdict = worker.handle(outcome);
      if (verdict.unhealthy !== undefined) onUnhealthy(kind, verdict.unhealthy);
      if (!verdict.isOver) timer = tools.clock.schedule(Math.max(0, begunMs + periodMs - tools.clock.nowMs()), () => { void once(); });
      if (verdict.result !== undefined) onResult(kind, verdict.result);
      if (verdict.isOver && verdict.result === true) onOver();
    };
    const delayMs = Math.max(0, startedMs + (probe.initialDelaySeconds ?? 0) * 1_000 - tools.clock.nowMs());
    timer = tools.clock.schedule(delayMs, () => { void once(); });
  };
  const runOthers = () => {
    if (store.isDisposed) return;
    if (livenessProbe !== undefined) run('liveness', livenessProbe, () => undefined);
    if (readinessProbe !== undefined) run('readiness', readinessProbe, () => undefined);
  };
  if (startupProbe !== undefined) run('startup', startupProbe, runOthers);
  else runOthers();
  return store;
}
