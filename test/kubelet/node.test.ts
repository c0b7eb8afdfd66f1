import { describe, expect, it } from 'vitest';
import { createBytePipe, encodeText } from '../../src/base/index.ts';
import type { Lease, Node, Pod } from '../../src/api/index.ts';
import { Harness } from './harness.ts';

const writes = (lab: Harness, resource: string) => lab.api.requests
  .filter((request) => request.resource === resource && request.verb !== 'get' && request.verb !== 'list')
  .map((request) => `${request.verb}${request.subresource === undefined ? '' : ` ${request.subresource}`}`);

describe('A node', () => {
  it('registers itself, Ready, and tells its events', async () => {
    const lab = await new Harness().start();
    await lab.kubelet.ready;
    expect(writes(lab, 'nodes')).toEqual(['create']);
    const time = '2026-01-01T00:00:00Z';
    const { metadata, spec, status } = lab.node() as Node;
    const condition = (type: string, value: string, reason: string, message: string) => ({ type, status: value, lastHeartbeatTime: time, lastTransitionTime: time, reason, message });
    expect([metadata.labels, spec, { ...status, nodeInfo: { ...status?.nodeInfo, machineID: '', systemUUID: '', bootID: '' } }]).toEqual([
      {
        'beta.kubernetes.io/arch': 'amd64', 'beta.kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': 'node-1', 'kubernetes.io/os': 'linux',
      },
      { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] },
      {
        capacity: { cpu: '4', 'ephemeral-storage': '20Gi', memory: '8Gi', pods: '110' },
        allocatable: { cpu: '4', 'ephemeral-storage': '20Gi', memory: '8092Mi', pods: '110' },
        conditions: [
          condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
          condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
          condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
          condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
        ],
        addresses: [{ type: 'InternalIP', address: '172.18.0.2' }, { type: 'Hostname', address: 'node-1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        nodeInfo: {
          machineID: '', systemUUID: '', bootID: '', kernelVersion: 'simulated', osImage: 'Drydock (simulated node)', containerRuntimeVersion: 'drydock://0.1.0',
          kubeletVersion: 'v1.36.0', kubeProxyVersion: '', operatingSystem: 'linux', architecture: 'amd64',
        },
        images: [],
      },
    ]);
    expect(lab.events('node-1')).toEqual([
      'Starting Starting kubelet.',
      'NodeHasSufficientMemory Node node-1 status is now: NodeHasSufficientMemory',
      'NodeHasNoDiskPressure Node node-1 status is now: NodeHasNoDiskPressure',
      'NodeHasSufficientPID Node node-1 status is now: NodeHasSufficientPID',
      'NodeAllocatableEnforced Updated Node Allocatable limit across pods',
      'NodeReady Node node-1 status is now: NodeReady',
    ]);
  });

  it('renews its Lease every 10 s, and writes its status every five minutes or when it changed', async () => {
    const lab = await new Harness().start();
    await lab.settle();
    await lab.advance(60_000);
    const lease = () => lab.api.all<Lease>({ resource: 'leases' })[0];
    expect([writes(lab, 'nodes').length, writes(lab, 'leases').length, lease()?.metadata.namespace, lease()?.spec.renewTime]).toEqual([1, 7, 'kube-node-lease', '2026-01-01T00:01:00.000000Z']);
    await lab.advance(241_000);
    expect(writes(lab, 'nodes').length).toBe(2);
    const node = lab.node() as Node;
    lab.api.put('nodes', { ...node, status: { ...node.status, conditions: node.status?.conditions?.map((condition) => ({ ...condition, status: 'Unknown' })) } } as Node);
    await lab.advance(10_000);
    expect([writes(lab, 'nodes').length, lab.node()?.status?.conditions?.map((condition) => condition.status)]).toEqual([3, ['False', 'False', 'False', 'True']]);
  });

  it('that comes back after its host tells of the reboot and is Ready again', async () => {
    const lab = await new Harness().start();
    await lab.settle();
    const again = new Harness();
    const node = lab.node() as Node;
    again.api.put('nodes', { ...node, status: { ...node.status, nodeInfo: { ...node.status?.nodeInfo, bootID: 'before' }, conditions: node.status?.conditions?.map((condition) => ({ ...condition, status: 'Unknown' })) } } as Node);
    await again.start();
    await again.settle();
    const { bootID } = again.node()?.status?.nodeInfo ?? {};
    expect([again.events('node-1').slice(0, 2), again.node()?.status?.conditions?.at(-1)?.status, again.node()?.metadata.uid === node.metadata.uid]).toEqual([
      ['Starting Starting kubelet.', `Rebooted Node node-1 has been rebooted, boot id: ${bootID}`], 'True', true,
    ]);
  });

  it('stops writing when it is without power, and its containers are gone', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    await lab.kubelet.powerOff();
    const before = lab.api.requests.length;
    await lab.advance(60_000);
    expect([lab.api.requests.length - before, lab.runtime.sandboxes.size, lab.world.clock.pendingCount]).toEqual([0, 0, 0]);
  });
});

describe('Static pods', () => {
  const staticPods = [{
    name: 'etcd', image: 'drydock/etcd:0.1.0', command: ['etcd'],
    readLog: () => {
      const pipe = createBytePipe();
      void pipe.writer.write(encodeText('ready to serve client requests\n')).then(() => pipe.writer.end());
      return pipe.reader;
    },
  }];
  const name = { namespace: 'kube-system', name: 'etcd-node-1' };

  it('are mirrored, and mirrored again when somebody deletes the mirror', async () => {
    const lab = await new Harness().start({ staticPods });
    await lab.settle();
    const pod = lab.pod('etcd-node-1');
    expect([pod.metadata.annotations?.['kubernetes.io/config.source'], pod.metadata.ownerReferences, pod.status?.phase, lab.condition('etcd-node-1', 'Ready'), lab.kubelet.podCount]).toEqual([
      'file', [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: lab.node()?.metadata.uid, controller: true }], 'Running', 'True', 0,
    ]);
    lab.api.remove('pods', 'etcd-node-1', 'kube-system');
    await lab.settle();
    expect([lab.pod('etcd-node-1').metadata.uid === pod.metadata.uid, lab.pod('etcd-node-1').status?.phase]).toEqual([false, 'Running']);
  });

  it('belong to the Node that is registered, so that nothing collects them over and over when it was deleted', async () => {
    const lab = await new Harness().start({ staticPods });
    await lab.settle();
    lab.api.remove('nodes', 'node-1');
    lab.api.remove('pods', 'etcd-node-1', 'kube-system');
    await lab.settle();
    expect(lab.api.all<Pod>({ resource: 'pods' })).toEqual([]);
    await lab.advance(15_000);
    expect(lab.pod('etcd-node-1').metadata.ownerReferences?.[0]?.uid).toBe(lab.node()?.metadata.uid);
  });

  it('that nobody runs any more lose their mirror', async () => {
    const lab = await new Harness().start({ staticPods });
    await lab.settle();
    const again = new Harness();
    again.api.put('pods', { ...lab.pod('etcd-node-1'), metadata: { ...lab.pod('etcd-node-1').metadata, name: 'old-node-1' } } as Pod);
    await again.start({ staticPods });
    await again.settle();
    expect(again.api.all<Pod>({ resource: 'pods' }).map((pod) => pod.metadata.name)).toEqual(['etcd-node-1']);
  });

  it('show their component’s own log and have no shell', async () => {
    const lab = await new Harness().start({ staticPods });
    await lab.settle();
    const log = await lab.kubelet.connection.readLog(name, 'etcd', {});
    expect(new TextDecoder().decode(await log.read())).toBe('ready to serve client requests\n');
    await expect(lab.kubelet.connection.exec(name, 'etcd', ['sh'], { tty: false }))
      .rejects.toThrow('cannot exec into etcd: it is a component of the lab\'s own process and has no shell');
  });
});
