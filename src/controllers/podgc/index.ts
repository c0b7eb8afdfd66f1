import { type Disposable, DisposableStore } from '../../base/index.ts';
import { formatTime, hasReason, isPodReady, isPodTerminal, nodes, type Pod, pods, TAINT_OUT_OF_SERVICE } from '../../api/index.ts';
import type { StartController } from '../shared/context.ts';
import { unlessGone } from '../shared/retry.ts';

/** Kubernetes: gcCheckPeriod, quarantineTime, --terminated-pod-gc-threshold. */
const checkMs = 20_000;
const quarantineMs = 40_000;
const terminatedPodsMax = 12_500;

const byNode = 'nodeName';
const byEnd = 'podGarbage';

/** Deletes pods that nobody else will: of nodes that are gone, that never got a node, and ended ones beyond a limit. Kubernetes: pkg/controller/podgc. */
export const startPodGarbageCollector: StartController = (context) => {
  const { client, clock, informers } = context;
  const disposables = new DisposableStore();
  const podClient = client.resource(pods);
  const podInformer = informers.informer(pods);
  const nodeInformer = informers.informer(nodes);
  podInformer.addIndex(byNode, (pod) => pod.spec.nodeName ?? '');
  podInformer.addIndex(byEnd, (pod) => (isPodTerminal(pod) ? 'terminal' : pod.metadata.deletionTimestamp !== undefined ? 'terminating' : undefined));
  /** Nodes that pods name and that are not there, since when. */
  const missingSinceMs = new Map<string, number>();
  let timer: Disposable | undefined;
  disposables.add({ dispose: () => timer?.dispose() });
  void Promise.all([podInformer.waitForSync(), nodeInformer.waitForSync()]).then(plan);
  return disposables;

  function plan(): void {
    if (disposables.isDisposed) return;
    timer = clock.schedule(checkMs, () => {
      collect().catch((error: unknown) => context.onError('collect', error)).finally(plan);
    });
  }

  async function collect(): Promise<void> {
    await collectTerminated();
    await collectOutOfService();
    await collectOrphaned();
    for (const pod of [...podInformer.lister.byIndex(byEnd, 'terminating')]) if ((pod.spec.nodeName ?? '') === '') await forceDelete(pod, undefined);
  }

  async function collectTerminated(): Promise<void> {
    const surplus = podInformer.lister.countByIndex(byEnd, 'terminal') - terminatedPodsMax;
    if (surplus <= 0) return;
    const created = (pod: Pod) => pod.metadata.creationTimestamp;
    const oldest = [...podInformer.lister.byIndex(byEnd, 'terminal')].sort((a, b) => (created(a) < created(b) ? -1 : 1)).slice(0, surplus);
    for (const pod of oldest) await forceDelete(pod, undefined);
  }

  async function collectOutOfService(): Promise<void> {
    for (const pod of [...podInformer.lister.byIndex(byEnd, 'terminating')]) {
      const node = nodeInformer.lister.getByKey(pod.spec.nodeName ?? '');
      const isReady = node?.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
      if (node === undefined || isReady || isPodReady(pod) || node.spec.taints?.some((taint) => taint.key === TAINT_OUT_OF_SERVICE) !== true) continue;
      await forceDelete(pod, undefined);
    }
  }

  /** A node that has been gone for the quarantine, and is not at the API server either, is gone for good. */
  async function collectOrphaned(): Promise<void> {
    const nowMs = clock.nowMs();
    const names = [...podInformer.lister.indexValues(byNode)].filter((name) => name !== '' && nodeInformer.lister.getByKey(name) === undefined);
    for (const name of missingSinceMs.keys()) if (!names.includes(name)) missingSinceMs.delete(name);
    for (const name of names) {
      const sinceMs = missingSinceMs.get(name) ?? nowMs;
      missingSinceMs.set(name, sinceMs);
      if (nowMs - sinceMs < quarantineMs || !(await isGone(name))) continue;
      for (const pod of [...podInformer.lister.byIndex(byNode, name)]) await forceDelete(pod, 'PodGC: node no longer exists');
    }
  }

  async function isGone(nodeName: string): Promise<boolean> {
    try {
      await client.resource(nodes).get({ name: nodeName });
      return false;
    } catch (error) {
      return hasReason(error, 'NotFound');
    }
  }

  /** Kubernetes: markFailedAndDeletePodWithCondition. A pod that has not ended is marked Failed, so that its owner sees how it ended. */
  async function forceDelete(pod: Pod, disruption: string | undefined): Promise<void> {
    const { uid } = pod.metadata;
    if (!isPodTerminal(pod)) {
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: disruption ?? '', lastTransitionTime: formatTime(clock.nowMs()) };
      const status = { phase: 'Failed', ...(disruption === undefined ? {} : { conditions: [condition] }) };
      const patched = await unlessGone(podClient.patch(pod.metadata, { metadata: { uid }, status }, { type: 'application/strategic-merge-patch+json', subresource: 'status' }));
      if (patched === undefined) return;
    }
    await unlessGone(podClient.delete(pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } })).catch((error: unknown) => context.onError(pod.metadata.name, error));
  }
};
