import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { deployments, type KubernetesObject, pods } from '../../src/api/index.ts';
import { refreshMs } from '../../src/extension/object-store.ts';
import { GraphQueue, graphKinds } from '../../src/extension/graph-objects.ts';
import { joinApiVersion } from '../../src/extension/discovery.ts';
import { type ClusterSession, connectSession } from '../../src/extension/session.ts';
import { GRAPH_BATCH_MAX } from '../../src/protocol/index.ts';
import { bundles } from '../build.ts';
import { root } from '../root.ts';
import { isPodRunning } from './conditions.ts';
import { pauseDeployment } from './sample.ts';

const NODES = 10;
const PODS = 1_000;
const RESOLUTION_MS = 1;
const NANOSECONDS_PER_MS = 1e6;
/** One graph before it counts: the extension host has run for a while, too, when a learner deploys. */
const WARM_UP_PODS = 50;
/** The last events are still written when the last pod runs. */
const SETTLE_MS = 1_000;

/**
 * p99.9 of the event-loop delay, in milliseconds, of this process while it does what the extension does with an open
 * graph: its transport, its store with a watch of every kind that is drawn, and its graph's messages; the cluster is the
 * bundled program in a process of its own. Nothing is subtracted: the timer's own interval of 1 ms is part of the figure,
 * as perf_hooks gives it.
 */
export async function measureEventLoopDelay(folder: string): Promise<number> {
  const host = await startHost(folder);
  try {
    const session = await connectSession(path.join(folder, 'kubeconfig'), 30_000, console.error);
    const feed = await drawGraph(session);
    await deploy(session, 'warm-up', WARM_UP_PODS);
    await sleep(SETTLE_MS);
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    await deploy(session, 'web', PODS);
    await sleep(SETTLE_MS);
    histogram.disable();
    feed.dispose();
    session.dispose();
    return histogram.percentile(99.9) / NANOSECONDS_PER_MS;
  } finally {
    host.kill('SIGKILL');
  }
}

/** The product's own bundles in the folder, run as the extension runs them. Resolves when all nodes are Ready. */
async function startHost(folder: string): Promise<ChildProcess> {
  const program = bundles.filter(({ entryPoints }) => ['drydock', 'pod-preload'].some((name) => name in (entryPoints as object)));
  await Promise.all(program.map((options) => build({ ...options, absWorkingDir: root, outdir: folder })));
  const args = ['up', '--memory', '--nodes', String(NODES), '--kubeconfig', path.join(folder, 'kubeconfig')];
  const host = spawn(process.execPath, [path.join(folder, 'drydock.js'), ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  await Promise.race([once(host.stdout, 'data'), once(host, 'exit').then(() => Promise.reject(new Error('the cluster host ended')))]);
  return host;
}

/** Watches every kind that the graph draws and makes the messages for its panel, which go to nobody here. */
async function drawGraph(session: ClusterSession): Promise<{ dispose(): void }> {
  const queue = new GraphQueue();
  const resources = session.discovery.resources.filter(({ kind, verbs }) => graphKinds.has(kind) && verbs.has('watch'));
  for (const resource of resources) {
    const apiVersion = joinApiVersion(resource.group, resource.version);
    const add = (object: KubernetesObject) => queue.upsert(object, apiVersion, resource.kind);
    session.objects.informer(resource).addEventHandler({ onAdd: add, onUpdate: (_, object) => add(object), onDelete: (object) => queue.delete(object.metadata.uid ?? '') });
  }
  await Promise.all(resources.map((resource) => session.objects.informer(resource).waitForSync()));
  const timer = setInterval(() => {
    if (!queue.isEmpty) structuredClone(queue.take(GRAPH_BATCH_MAX)); // postMessage clones, too
  }, refreshMs);
  return { dispose: () => clearInterval(timer) };
}

/** Creates a Deployment and waits until the store has seen all of its pods run. */
async function deploy(session: ClusterSession, name: string, count: number): Promise<void> {
  const deployment = pauseDeployment(count, 'registry.k8s.io/pause:3.10');
  const informer = session.objects.informer(pods);
  const running = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const look = (pod: { readonly metadata: { readonly name: string } }) => {
      if (pod.metadata.name.startsWith(`${name}-`) && isPodRunning(pod)) running.add(pod.metadata.name);
      if (running.size === count) resolve();
    };
    informer.addEventHandler({ onAdd: look, onUpdate: (_, pod) => look(pod) });
    session.client.resource(deployments).create({
      ...deployment, metadata: { name, namespace: 'default' },
      spec: { ...deployment.spec, selector: { matchLabels: { app: 'web', name } }, template: { ...deployment.spec.template, metadata: { labels: { app: 'web', name } } } },
    } as never).catch(reject);
  });
}
