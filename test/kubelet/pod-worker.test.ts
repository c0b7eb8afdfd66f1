import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../src/api/index.ts';
import type { PodEffect, PodInput } from '../../src/kubelet/pod/effects.ts';
import { PodWorker } from '../../src/kubelet/pod/pod-worker.ts';

const podOf = (spec: Partial<PodSpec>): Pod => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', generation: 1 },
  spec: { containers: [{ name: 'a', image: 'i' }, { name: 'b', image: 'i' }], nodeName: 'node-1', ...spec },
});

describe('The pod worker', () => {
  it('asks for volumes, then the sandbox, then one container after the other', () => {
    const worker = new PodWorker({ pod: podOf({}), hostIp: '172.18.0.2', nowMs: 0 });
    const types = (input: PodInput) => worker.handle(input, 0).map((effect) => 'container' in effect ? `${effect.type} ${effect.container}` : effect.type);
    const run = { containerId: 'x', image: 'i', imageId: 'i', startedAtMs: 0 };
    expect([
      types({ type: 'woken' }), types({ type: 'woken' }), types({ type: 'volumesMounted' }), types({ type: 'sandboxReady', ip: '10.244.0.2' }),
      types({ type: 'started', container: 'a', run }), types({ type: 'started', container: 'b', run: { ...run, containerId: 'y' } }), types({ type: 'woken' }),
    ]).toEqual([
      ['mountVolumes', 'status'], [], ['startSandbox'], ['start a'], ['startProbes a', 'status', 'start b'], ['startProbes b', 'status'], [],
    ]);
  });

  it('never does a thing twice at once, starts nothing after the end, and always ends, whatever happens in whatever order', () => {
    const spec = fc.record({
      restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
      initContainers: fc.constantFrom([], [{ name: 'i', image: 'i' }], [{ name: 's', image: 'i', restartPolicy: 'Always' }, { name: 'i', image: 'i' }]),
      activeDeadlineSeconds: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    });
    fc.assert(fc.property(spec, fc.infiniteStream(fc.nat(1_000)), fc.integer({ min: 5, max: 60 }), (podSpec, chance, stepsBeforeDeletion) => {
      const pod = podOf(podSpec as Partial<PodSpec>);
      const worker = new PodWorker({ pod, hostIp: 'h', nowMs: 0 });
      const draw = (below: number) => (chance.next().value as number) % below;
      let nowMs = 0;
      let wakeAtMs: number | undefined;
      let ids = 0;
      const open: PodEffect[] = [];
      const running = new Map<string, string>();
      let sandbox = false;
      let finished = false;

      const give = (input: PodInput) => {
        for (const effect of worker.handle(input, nowMs)) {
          expect(finished).toBe(false);
          if (effect.type === 'wake') wakeAtMs = effect.atMs;
          else if (effect.type === 'finished') finished = true;
          else if (effect.type === 'start') {
            expect(open.filter((other) => other.type === 'start')).toEqual([]);
            expect([sandbox, running.has(effect.container), worker.isTerminating]).toEqual([true, false, false]);
            open.push(effect);
          } else if (effect.type === 'mountVolumes' || effect.type === 'startSandbox' || effect.type === 'stopSandbox') {
            expect(open.filter((other) => other.type === effect.type)).toEqual([]);
            if (effect.type === 'stopSandbox') expect([running.size, sandbox]).toEqual([0, true]);
            open.push(effect);
          } else if (effect.type === 'stop') open.push(effect);
        }
      };
      const exit = (container: string) => {
        const containerId = running.get(container);
        running.delete(container);
        if (containerId !== undefined) give({ type: 'exited', container, run: { containerId, image: 'i', imageId: 'i', startedAtMs: nowMs, finishedAtMs: nowMs, exitCode: draw(3) } });
      };
      const answer = (effect: PodEffect) => {
        if (effect.type === 'mountVolumes') return give(draw(4) === 0 ? { type: 'volumesFailed', retryMs: 500 } : { type: 'volumesMounted' });
        if (effect.type === 'startSandbox') {
          if (draw(4) === 0) return give({ type: 'sandboxFailed', message: 'no' });
          sandbox = true;
          return give({ type: 'sandboxReady', ip: '10.244.0.2' });
        }
        if (effect.type === 'stopSandbox') {
          sandbox = false;
          return give({ type: 'sandboxStopped' });
        }
        if (effect.type === 'start') {
          const run = { containerId: `${++ids}`, image: 'i', imageId: 'i', startedAtMs: nowMs };
          const outcome = draw(5);
          if (outcome === 0) return give({ type: 'startFailed', container: effect.container, reason: 'ErrImagePull', message: 'no', retryAtMs: nowMs + 1_000 });
          if (outcome === 1) return give({ type: 'startFailed', container: effect.container, reason: 'RunContainerError', message: 'no', retryAtMs: undefined, run: { ...run, finishedAtMs: nowMs, exitCode: 128 } });
          running.set(effect.container, run.containerId);
          return give({ type: 'started', container: effect.container, run });
        }
        if (effect.type === 'stop') {
          exit(effect.container);
          return give({ type: 'stopped', container: effect.container });
        }
      };
      const step = () => {
        const due = wakeAtMs !== undefined;
        const choice = draw(6);
        const effect = open.splice(draw(Math.max(1, open.length)), 1)[0];
        if (effect !== undefined) answer(effect);
        else if (choice === 0) for (const container of [...running.keys()].slice(0, 1)) exit(container);
        else if (choice === 1) for (const container of [...running.keys()].slice(0, 1)) give({ type: 'probed', container, probe: 'liveness', success: false });
        else if (due) {
          nowMs = Math.max(nowMs, wakeAtMs ?? nowMs);
          wakeAtMs = undefined;
          give({ type: 'woken' });
        } else nowMs += 1_000;
        worker.status(nowMs);
      };
      give({ type: 'woken' });
      for (let count = 0; count < stepsBeforeDeletion && !finished; count++) step();
      if (!finished) give({ type: 'updated', byOthers: true, pod: { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 1 } } });
      for (let count = 0; count < 200 && !finished; count++) step();
      expect([finished, running.size, sandbox, open.filter((effect) => effect.type !== 'stop')]).toEqual([true, 0, false, []]);
      expect(['Succeeded', 'Failed']).toContain(worker.status(nowMs).phase);
    }), { numRuns: 300 });
  });
});
