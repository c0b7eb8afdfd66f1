import { describe, expect, it } from 'vitest';
import { formatMicroTime, formatTime, type Node, nodes, type Pod, pods, type Toleration } from '../../src/api/index.ts';
import { startNodeLifecycleController, startTaintEvictionController } from '../../src/controllers/nodelifecycle/index.ts';
import { startPodGarbageCollector } from '../../src/controllers/podgc/index.ts';
import { setUpControllers } from './fixture.ts';

function setUp() {
  const world = setUpControllers(startNodeLifecycleController, startTaintEvictionController, startPodGarbageCollector);
  const { api, clock, settle } = world;
  const alive = new Set<string>();
  const now = () => formatTime(clock.nowMs());
  const addNode = (name: string) => {
    alive.add(name);
    api.put('nodes', {
      metadata: { name }, spec: {},
      status: { conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now(), lastTransitionTime: now() },
        ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: 'False', lastHeartbeatTime: now(), lastTransitionTime: now() })),
      ] },
    } as never);
  };
  /** Time passes while the living nodes renew their leases every 10 s. */
  const pass = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 10) {
      for (const name of alive) api.put('leases', { metadata: { namespace: 'kube-node-lease', name }, spec: { holderIdentity: name, renewTime: formatMicroTime(clock.nowMs()) } } as never);
      await settle(Math.min(10, left) * 1000);
    }
  };
  const addPod = (name: string, nodeName: string, tolerations: readonly Toleration[] = []) => api.put('pods', {
    metadata: { namespace: 'default', name }, spec: { nodeName, tolerations, containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now() }] },
  } as never);
  const node = (name: string) => world.get(nodes, name);
  const taints = (name: string) => (node(name).spec.taints ?? []).map((taint) => `${taint.key}:${taint.effect}`).sort();
  const readyOf = (object: Node | Pod) => object.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return { ...world, alive, addNode, addPod, pass, node, taints, readyOf };
}

const unreachable = (tolerationSeconds?: number): Toleration => ({ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }) });

describe('a node that falls silent', () => {
  it('is Unknown and tainted after 50 s, and its pods are no longer ready', async () => {
    const { alive, addNode, addPod, pass, node, taints, readyOf, get, eventsOn, errors } = setUp();
    for (const name of ['n1', 'n2', 'n3']) addNode(name);
    addPod('web', 'n2', [unreachable(300)]);
    await pass(60);
    expect([taints('n2'), readyOf(node('n2'))]).toEqual([[], 'True']);
    alive.delete('n2');
    await pass(40);
    expect(readyOf(node('n2'))).toBe('True');
    await pass(30);
    expect(node('n2').status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual(
      ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => [type, 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']));
    expect([taints('n1'), taints('n2')]).toEqual([[], ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule']]);
    expect([readyOf(get(pods, 'web')), eventsOn('n2'), eventsOn('web'), errors]).toEqual(
      ['False', ['RegisteredNode Node n2 event: Registered Node n2 in Controller', 'NodeNotReady Node n2 status is now: NodeNotReady'], ['NodeNotReady Node is not ready'], []]);
  });

  it('loses its pods when their tolerationSeconds are over', async () => {
    const { api, alive, addNode, addPod, pass, eventsOn } = setUp();
    for (const name of ['n1', 'n2']) addNode(name);
    addPod('five-minutes', 'n2', [unreachable(300)]);
    addPod('for-ever', 'n2', [unreachable()]);
    addPod('at-once', 'n2');
    await pass(10);
    alive.delete('n2');
    await pass(90);
    expect(api.all(pods).map((pod) => pod.metadata.name)).toEqual(['five-minutes', 'for-ever']);
    await pass(300);
    expect(api.all(pods).map((pod) => pod.metadata.name)).toEqual(['for-ever']);
    expect(eventsOn('five-minutes')).toContain('TaintManagerEviction Marking for deletion Pod default/five-minutes');
  });

  it('keeps its pods where it comes back in time', async () => {
    const { api, alive, addNode, addPod, pass, node, taints, eventsOn } = setUp();
    for (const name of ['n1', 'n2']) addNode(name);
    addPod('web', 'n2', [unreachable(300)]);
    await pass(10);
    alive.delete('n2');
    await pass(120);
    expect(taints('n2').length).toBe(2);
    alive.add('n2');
    const conditions = node('n2').status?.conditions?.map((condition) => ({ ...condition, status: condition.type === 'Ready' ? 'True' : 'False' }));
    api.put('nodes', { ...node('n2'), status: { ...node('n2').status, conditions } } as never);
    await pass(400);
    expect([taints('n2'), api.all(pods).length]).toEqual([[], 1]);
    expect(eventsOn('web').at(-1)).toBe('TaintManagerEviction Cancelling deletion of Pod default/web');
  });

  it('costs no pod where every node is silent: then it is the control plane that is cut off', async () => {
    const { api, alive, addNode, addPod, pass, taints } = setUp();
    for (const name of ['n1', 'n2']) addNode(name);
    addPod('web', 'n1');
    await pass(10);
    alive.clear();
    await pass(600);
    expect([taints('n1'), api.all(pods).length]).toEqual([['node.kubernetes.io/unreachable:NoSchedule'], 1]);
  });
});

describe('node taints', () => {
  it('follow conditions and cordon', async () => {
    const { api, addNode, pass, node, taints } = setUp();
    addNode('n1');
    addNode('n2');
    await pass(1);
    const pressed = node('n1').status?.conditions?.map((condition) => (condition.type === 'DiskPressure' ? { ...condition, status: 'True' } : condition));
    api.put('nodes', { ...node('n1'), spec: { unschedulable: true }, status: { conditions: pressed } } as never);
    await pass(1);
    expect(taints('n1')).toEqual(['node.kubernetes.io/disk-pressure:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule']);
    api.put('nodes', { ...node('n1'), spec: { ...node('n1').spec, unschedulable: false } } as never);
    await pass(1);
    expect(taints('n1')).toEqual(['node.kubernetes.io/disk-pressure:NoSchedule']);
  });
});

describe('pod garbage collection', () => {
  it('deletes pods of a node that has been gone for 40 s', async () => {
    const { api, addNode, addPod, pass } = setUp();
    for (const name of ['n1', 'n2']) addNode(name);
    addPod('kept', 'n1');
    addPod('orphan', 'n2');
    await pass(30);
    api.remove('nodes', 'n2');
    await pass(40);
    expect(api.all(pods).length).toBe(2);
    await pass(40);
    expect(api.all(pods).map((pod) => pod.metadata.name)).toEqual(['kept']);
  });
});
