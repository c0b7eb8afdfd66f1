import { beforeEach, describe, expect, it } from 'vitest';
import { type ByteDuplex, decodeText, encodeText } from '../../src/base/index.ts';
import { createNetwork, type Flow, type Network, type NetworkNode, type PodNetwork } from '../../src/network/index.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../src/world/simulated/index.ts';
import { newService, newSlice, tableOf, viewOf } from './objects.ts';

let world: SimulatedWorld;
let network: Network;
let one: NetworkNode;
let two: NetworkNode;

beforeEach(() => {
  world = createSimulatedWorld(7);
  network = createNetwork({ world, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/12' });
  one = network.addNode({ name: 'node-1', internalIp: '172.18.0.2', podCidr: '10.244.0.0/24' });
  two = network.addNode({ name: 'node-2', internalIp: '172.18.0.3', podCidr: '10.244.1.0/24' });
});

const addPod = (node: NetworkNode, name: string, more: { hostNetwork?: boolean } = {}): PodNetwork =>
  node.cni.add({ sandboxId: name, namespace: 'default', name, hostname: name, hostNetwork: false, dnsSearches: [], hostAliases: [], ...more });

/** A server that greets each client with its own name and the client's address. */
function greet(pod: PodNetwork, name: string, port = 8080): void {
  pod.listen(port, (connection) => {
    void connection.writer.write(encodeText(`${name} sees ${connection.remoteIp}`)).then(() => connection.writer.end());
  });
}
async function readAll(connection: ByteDuplex): Promise<string> {
  let text = '';
  for (let chunk = await connection.reader.read(); chunk !== undefined; chunk = await connection.reader.read()) text += decodeText(chunk);
  connection.writer.end();
  return text;
}
const get = async (from: PodNetwork, host: string, port: number) => {
  try {
    return await readAll(await from.connect(host, port));
  } catch (error) {
    return (error as Error).message;
  }
};

describe('The pod network', () => {
  it('connects pods across nodes by IP, without address translation', async () => {
    const a = addPod(one, 'a');
    const b = addPod(two, 'b');
    greet(b, 'b');
    expect([a.ip, b.ip, await get(a, b.ip, 8080), await get(b, 'localhost', 8080), await get(b, b.ip, 8080)])
      .toEqual(['10.244.0.2', '10.244.1.2', 'b sees 10.244.0.2', 'b sees 127.0.0.1', 'b sees 10.244.1.2']);
  });

  it('refuses where nothing listens, and what listens on localhost only', async () => {
    const a = addPod(one, 'a');
    const b = addPod(one, 'b');
    b.listen(9090, () => undefined, { loopbackOnly: true });
    expect([await get(a, b.ip, 81), await get(a, b.ip, 9090), await get(a, 'localhost', 81)]).toEqual([
      'connect ECONNREFUSED 10.244.0.3:81', 'connect ECONNREFUSED 10.244.0.3:9090', 'connect ECONNREFUSED 127.0.0.1:81',
    ]);
  });

  it('says EHOSTUNREACH three seconds after it asked for a pod that is not there', async () => {
    const a = addPod(one, 'a');
    const answer = get(a, '10.244.1.77', 80);
    await world.clock.advance(3_000);
    expect(await answer).toBe('connect EHOSTUNREACH 10.244.1.77:80');
  });

  it('says EADDRINUSE for a port that is taken in the pod', () => {
    const a = addPod(one, 'a');
    a.listen(80, () => undefined);
    expect(() => a.listen(80, () => undefined)).toThrow('listen EADDRINUSE: address already in use 0.0.0.0:80');
  });

  it('resets the connections of a pod that ends, gives its address back and forgets its listeners', async () => {
    const a = addPod(one, 'a');
    const b = addPod(one, 'b');
    b.listen(80, () => undefined);
    const connection = await a.connect(b.ip, 80);
    const read = connection.reader.read();
    one.cni.remove('b');
    one.cni.remove('b');
    await expect(read).rejects.toThrow('read ECONNRESET');
    await expect(connection.writer.write(encodeText('x'))).rejects.toThrow('stream closed');
    expect(one.podIpsUsed).toBe(1);
  });

  it('lets hostNetwork pods share the node’s address, and ends only what is theirs', async () => {
    const a = addPod(one, 'a');
    const agent = addPod(one, 'agent', { hostNetwork: true });
    greet(agent, 'agent', 9100);
    greet(one.host, 'node', 10250);
    expect([agent.ip, await get(a, '172.18.0.2', 9100)]).toEqual(['172.18.0.2', 'agent sees 10.244.0.2']);
    one.cni.remove('agent');
    expect([await get(a, '172.18.0.2', 9100), await get(a, '172.18.0.2', 10250)]).toEqual(['connect ECONNREFUSED 172.18.0.2:9100', 'node sees 10.244.0.2']);
  });

  it('lets the kubelet reach its pods from the bridge', async () => {
    const a = addPod(one, 'a');
    greet(a, 'a');
    expect([await readAll(await one.dialer.dial(a.ip, 8080)), await readAll(await two.dialer.dial(a.ip, 8080))]).toEqual(['a sees 10.244.0.1', 'a sees 172.18.0.3']);
  });
});

describe('Services', () => {
  const ready = (ip: string, nodeName: string) => ({ addresses: [ip], nodeName, conditions: { ready: true } });

  it('spread connections over the endpoints at random and show the client’s own address', async () => {
    const client = addPod(one, 'client');
    for (const [node, name] of [[one, 'a'], [two, 'b']] as const) greet(addPod(node, name), name);
    one.setRules(tableOf([newService('web', {}), newSlice('web', [ready('10.244.0.3', 'node-1'), ready('10.244.1.2', 'node-2')])]));
    const counts = new Map<string, number>();
    for (let call = 0; call < 200; call++) {
      const answer = await get(client, '10.96.0.20', 80);
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['a sees 10.244.0.2', 'b sees 10.244.0.2']);
    expect(Math.min(...counts.values())).toBeGreaterThan(70);
  });

  it('show a pod that reaches itself the bridge’s address', async () => {
    const a = addPod(one, 'a');
    greet(a, 'a');
    one.setRules(tableOf([newService('web', {}), newSlice('web', [ready(a.ip, 'node-1')])]));
    expect(await get(a, '10.96.0.20', 80)).toBe('a sees 10.244.0.1');
  });

  it('refuse without endpoints, and time out on a port that they do not have', async () => {
    const a = addPod(one, 'a');
    one.setRules(tableOf([newService('web', {})]));
    expect(await get(a, '10.96.0.20', 80)).toBe('connect ECONNREFUSED 10.96.0.20:80');
    const answer = get(a, '10.96.0.20', 81);
    await world.clock.advance(127_000);
    expect(await answer).toBe('connect ETIMEDOUT 10.96.0.20:81');
  });

  it('keep a client on its endpoint with sessionAffinity ClientIP until the time is over', async () => {
    const client = addPod(one, 'client');
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const slice = newSlice('web', names.map((name) => {
      const pod = addPod(two, name);
      greet(pod, name);
      return ready(pod.ip, 'node-2');
    }));
    one.setRules(tableOf([newService('web', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } }), slice]));
    const seen = new Set<string>();
    for (let call = 0; call < 20; call++) {
      seen.add(await get(client, '10.96.0.20', 80));
      await world.clock.advance(9_000);
    }
    expect(seen.size).toBe(1);
    for (let call = 0; call < 20; call++) {
      await world.clock.advance(10_000);
      seen.add(await get(client, '10.96.0.20', 80));
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it('are open on node ports of every node and on the machine’s loopback', async () => {
    const a = addPod(one, 'a');
    const b = addPod(two, 'b');
    greet(b, 'b');
    const table = tableOf([newService('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }), newSlice('web', [ready(b.ip, 'node-2')])]);
    one.setRules(table);
    two.setRules(table);
    await Promise.resolve();
    expect([await get(a, '172.18.0.2', 30080), await get(a, '172.18.0.3', 30080), await readAll(await world.sockets.connect(30080))])
      .toEqual(['b sees 172.18.0.2', 'b sees 10.244.1.1', 'b sees 172.18.0.2']);
    const without = tableOf([newService('web', {})]);
    one.setRules(without);
    two.setRules(without);
    await expect(world.sockets.connect(30080)).rejects.toThrow('refused');
  });

  it('with externalTrafficPolicy Local keep the outside client’s address', async () => {
    const b = addPod(two, 'b');
    greet(b, 'b');
    const table = tableOf([newService('web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }], externalTrafficPolicy: 'Local' }), newSlice('web', [ready(b.ip, 'node-2')])]);
    one.setRules(table);
    two.setRules(table);
    await Promise.resolve();
    expect(await readAll(await world.sockets.connect(30080))).toBe('b sees 172.18.0.1');
  });

  it('name a node port that the machine has taken, and go on', async () => {
    await world.sockets.listen(30080, () => undefined);
    const problems: unknown[] = [];
    network.onNodePortProblem((problem) => problems.push(problem));
    one.setRules(tableOf([newService('web', { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] })]));
    await world.clock.advance(1);
    expect(problems).toEqual([{
      nodeName: 'node-1', port: 30080, servicePortName: 'default/web:http',
      message: 'can\'t open port "nodePort for default/web:http" (127.0.0.1:30080/tcp4), skipping it: port 30080 is already in use',
    }]);
  });

  it('are found by name and told as flows', async () => {
    const a = addPod(one, 'a');
    const b = addPod(two, 'b');
    greet(b, 'b');
    const service = newService('web', {});
    const slice = newSlice('web', [ready(b.ip, 'node-2')]);
    network.serveDns(viewOf([service], [slice]));
    one.setRules(tableOf([service, slice]));
    const flows: Flow[] = [];
    network.onFlow((flow) => flows.push(flow));
    expect([await get(a, 'web', 80), await get(a, 'nope', 80), await readAll(await network.dial('web.default.svc.cluster.local', 80))])
      .toEqual(['b sees 10.244.0.2', 'getaddrinfo ENOTFOUND nope', 'b sees 172.18.0.2']);
    expect(flows[0]).toEqual({
      atMs: world.clock.nowMs(), sourceIp: '10.244.0.2', sourceNode: 'node-1', ip: '10.96.0.20', port: 80, outcome: 'connected',
      servicePortName: 'default/web', endpoint: { ip: '10.244.1.2', port: 8080 },
    });
  });
});
