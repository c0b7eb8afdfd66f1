import { type Disposable, DisposableStore } from '../../base/index.ts';
import { formatTime, nodes, type Pod, pods, type Taint, type Toleration } from '../../api/index.ts';
import { objectKey, objectReference } from '../../client/index.ts';
import type { ControllerContext } from '../shared/context.ts';
import { unlessGone } from '../shared/retry.ts';

const byNode = 'nodeName';

interface PlannedEviction {
  readonly createdMs: number;
  readonly atMs: number;
  readonly timer: Disposable;
}

/** Deletes pods that don't tolerate a NoExecute taint of their node, or no longer do. Kubernetes: pkg/controller/tainteviction. */
export function startTaintEvictionController(context: ControllerContext): Disposable {
  const { client, clock, informers, recorder } = context;
  const disposables = new DisposableStore();
  const podClient = client.resource(pods);
  const podInformer = informers.informer(pods);
  podInformer.addIndex(byNode, (pod) => pod.spec.nodeName ?? '');
  /** NoExecute taints by node; nodes without any are absent, so that most pod events end at one look-up. */
  const taintsOf = new Map<string, readonly Taint[]>();
  const planned = new Map<string, PlannedEviction>();

  disposables.add(informers.informer(nodes).addEventHandler({
    onAdd: (node) => nodeTainted(node.metadata.name, node.spec.taints),
    onUpdate(old, node) {
      if (old.spec.taints !== node.spec.taints) nodeTainted(node.metadata.name, node.spec.taints);
    },
    onDelete: (node) => taintsOf.delete(node.metadata.name),
  }));
  disposables.add(podInformer.addEventHandler({
    onAdd: podSeen,
    onUpdate(old, pod) {
      if (old.spec.nodeName !== pod.spec.nodeName || old.spec.tolerations !== pod.spec.tolerations) podSeen(pod);
    },
    onDelete: (pod) => cancel(objectKey(pod)),
  }));
  disposables.add({
    dispose() {
      for (const { timer } of planned.values()) timer.dispose();
      planned.clear();
    },
  });
  return disposables;

  function nodeTainted(name: string, all: readonly Taint[] | undefined): void {
    const taints = (all ?? []).filter((taint) => taint.effect === 'NoExecute');
    if (taints.length === 0 && !taintsOf.has(name)) return;
    if (taints.length === 0) taintsOf.delete(name);
    else taintsOf.set(name, taints);
    for (const pod of podInformer.lister.byIndex(byNode, name)) judge(pod, taints);
  }

  function podSeen(pod: Pod): void {
    const taints = taintsOf.get(pod.spec.nodeName ?? '');
    if (taints !== undefined) judge(pod, taints);
  }

  /** Kubernetes: processPodOnNode. */
  function judge(pod: Pod, taints: readonly Taint[]): void {
    const key = objectKey(pod);
    if (taints.length === 0) return cancelWithEvent(pod, key);
    const used = taints.map((taint) => tolerationOf(pod.spec.tolerations, taint));
    if (used.some((toleration) => toleration === undefined)) {
      cancel(key);
      return plan(pod, key, clock.nowMs(), clock.nowMs());
    }
    const seconds = used.flatMap((toleration) => (toleration?.tolerationSeconds === undefined ? [] : [Math.max(0, toleration.tolerationSeconds)]));
    if (seconds.length === 0) return cancelWithEvent(pod, key);
    const limitMs = Math.min(...seconds) * 1000;
    const before = planned.get(key);
    const createdMs = before?.createdMs ?? clock.nowMs();
    if (before !== undefined) {
      if (createdMs + limitMs === before.atMs) return;
      cancelWithEvent(pod, key);
    }
    plan(pod, key, createdMs, createdMs + limitMs);
  }

  function plan(pod: Pod, key: string, createdMs: number, atMs: number): void {
    const timer = clock.schedule(atMs - clock.nowMs(), () => {
      planned.delete(key);
      evict(pod).catch((error: unknown) => context.onError(key, error));
    });
    planned.set(key, { createdMs, atMs, timer });
  }

  function cancel(key: string): boolean {
    const eviction = planned.get(key);
    eviction?.timer.dispose();
    return planned.delete(key);
  }

  function cancelWithEvent(pod: Pod, key: string): void {
    if (cancel(key)) recorder.event(objectReference(pods, pod), 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
  }

  async function evict(pod: Pod): Promise<void> {
    recorder.event(objectReference(pods, pod), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${objectKey(pod)}`);
    const condition = {
      type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: formatTime(clock.nowMs()),
    };
    const { uid } = pod.metadata;
    const patched = await unlessGone(podClient.patch(pod.metadata, { metadata: { uid }, status: { conditions: [condition] } }, { type: 'application/strategic-merge-patch+json', subresource: 'status' }));
    if (patched !== undefined) await unlessGone(podClient.delete(pod.metadata, { preconditions: { uid } }));
  }
}

function tolerationOf(tolerations: readonly Toleration[] | undefined, taint: Taint): Toleration | undefined {
  return tolerations?.find((toleration) => {
    if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
    if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false;
    return toleration.operator === 'Exists' || ((toleration.key ?? '') !== '' && (toleration.value ?? '') === (taint.value ?? ''));
  });
}
