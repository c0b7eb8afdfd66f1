import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/root.ts';
import { createClient, createInformerFactory, type InformerFactory } from '../../src/client/index.ts';
import { createHttpsTransport } from '../../src/extension/https-transport.ts';
import { parseKubeconfig } from '../../src/extension/kubeconfig.ts';
import { type Lesson, type LessonSession, NO_PROGRESS, parseLesson, startLessonSession } from '../../src/lessons/index.ts';
import { realClock } from '../../src/world/real/clock.ts';
import { buildProgram, type Program, type RunningCluster, startCluster } from '../kubectl/cluster.ts';
import { findKubectls, kubectlEnvironment } from '../kubectl/kubectl.ts';
import { runCommand } from '../kubectl/transcript.ts';

const STEP_MS_MAX = 20_000;
/** What a step must not do on its own, or by something near the mark, is looked at for so long. */
const REFUSAL_MS = 1200;
const [kubectl] = findKubectls();
const read = (lesson: string, file: string) => readFileSync(path.join(root, 'lessons', lesson, file), 'utf8');
/** A pod's name is not known before it runs; the lesson asks the learner to pick one. */
const PICK_A_POD = 'kubectl label pod $(kubectl get pods -l app=kubia -o "jsonpath={.items[0].metadata.name}") app=detached --overwrite';

// kubectl is the learner's own tool: without one there is no learner to play.
describe.skipIf(kubectl === undefined)('a learner and the lesson first-app', () => {
  let program: Program;
  let cluster: RunningCluster;
  let folder: string;
  let informers: InformerFactory;
  let session: LessonSession;
  let lesson: Lesson;
  let env: NodeJS.ProcessEnv;
  const background: ChildProcess[] = [];

  beforeAll(async () => {
    program = await buildProgram();
    folder = mkdtempSync(path.join(tmpdir(), 'drydock-learner-'));
    cpSync(path.join(root, 'lessons', 'first-app', 'files'), path.join(folder, 'files'), { recursive: true });
    cluster = await startCluster(program, folder);
    env = kubectlEnvironment(kubectl as NonNullable<typeof kubectl>, folder, cluster.kubeconfig);
    const transport = createHttpsTransport(parseKubeconfig(readFileSync(cluster.kubeconfig, 'utf8')));
    const client = createClient(transport);
    informers = createInformerFactory({ client, clock: realClock });
    lesson = parseLesson(read('first-app', 'lesson.yaml'), read('first-app', 'en.md'));
    session = startLessonSession({
      lesson, client, informers, progress: NO_PROGRESS, schedule: realClock.schedule,
      readLog: async (namespace, pod) => String(await transport.get(`/api/v1/namespaces/${namespace}/pods/${pod}/log`, '*/*')),
    });
    informers.start();
    await informers.waitForSync();
  }, 60_000);
  afterAll(async () => {
    for (const child of background) child.kill();
    session?.dispose();
    informers?.dispose();
    await cluster?.stop();
    await program?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (command: string) => runCommand(command, { cwd: folder, env });
  const current = () => session.state.currentStep?.id;
  const passes = async (stepId: string) => {
    const deadline = Date.now() + STEP_MS_MAX;
    while (current() === stepId) {
      if (Date.now() > deadline) throw new Error(`${stepId} did not pass: ${JSON.stringify([...session.state.results])}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  const staysAt = async (stepId: string) => {
    await new Promise((resolve) => setTimeout(resolve, REFUSAL_MS));
    expect(current()).toBe(stepId);
  };
  /** What a learner might do that is near the mark and must not pass. */
  const wrong: Readonly<Record<string, string>> = {
    run: 'kubectl run kubia --image=luksa/kubia',
    inside: 'kubectl exec rc/kubia -- hostname',
    heal: 'kubectl exec rc/kubia -- true',
    scale: 'kubectl scale --replicas=2 rc/kubia',
    expose: 'kubectl create service clusterip kubia-http --tcp=80:8080',
    labels: 'kubectl label pod -l app=kubia note=detached',
    rollout: 'kubectl set image deployment/nginx-deployment nginx=nginx:1.16.1',
    namespace: 'kubectl create namespace team-b',
    'clean-up': 'kubectl delete rc/kubia --cascade=orphan',
  };
  /** Takes the wrong turn back where it stands in the way. */
  const undo: Readonly<Record<string, string>> = {
    run: 'kubectl delete pod kubia', expose: 'kubectl delete service kubia-http', 'clean-up': 'kubectl delete pod -l app=kubia',
  };

  for (const step of parseLesson(read('first-app', 'lesson.yaml'), read('first-app', 'en.md')).steps) {
    it(`${step.id}: is refused before it is done, and passes when its commands are run`, async () => {
      expect(current()).toBe(step.id);
      const wrongCommand = wrong[step.id];
      if (wrongCommand !== undefined) {
        await run(wrongCommand);
        await staysAt(step.id);
        await run(undo[step.id] ?? 'true');
      }
      for (const command of step.commands) {
        if (!command.keepsRunning) await run(command.run);
        else {
          background.push(spawn('bash', ['-c', `exec ${command.run}`], { cwd: folder, env, stdio: 'ignore' }));
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
      if (step.id === 'labels') await run(PICK_A_POD);
      await passes(step.id);
    }, 60_000);
  }

  it('is done, and can be begun again from nothing', async () => {
    expect(session.state.currentStep).toBeUndefined();
    await session.reset();
    const deadline = Date.now() + STEP_MS_MAX;
    while (current() !== 'run' || session.state.results.size === 0) {
      if (Date.now() > deadline) throw new Error('the lesson did not begin again');
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect([...session.state.results.values()].map((result) => result.passed)).toEqual([false, false]);
  });
});
