import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Program, type RunningCluster, buildProgram, startCluster } from './cluster.ts';
import { findKubectls, kubectlEnvironment } from './kubectl.ts';
import { runCommand } from './transcript.ts';

const KUBIA = `apiVersion: v1
kind: ReplicationController
metadata:
  name: kubia
spec:
  replicas: 1
  selector:
    app: kubia
  template:
    metadata:
      labels:
        app: kubia
    spec:
      containers:
      - name: kubia
        image: luksa/kubia
        ports:
        - containerPort: 8080
`;

const [kubectl] = findKubectls();

// kubectl is no part of the project: where there is none, there is nothing to type the course's commands into.
describe.skipIf(kubectl === undefined)('the course, typed into kubectl', () => {
  let program: Program;
  let cluster: RunningCluster;
  let folder: string;
  let run: (command: string) => Promise<string>;

  beforeAll(async () => {
    program = await buildProgram();
    folder = await mkdtemp(path.join(tmpdir(), 'drydock-kubia-'));
    cluster = await startCluster(program, folder);
    const cwd = path.join(folder, 'work');
    await mkdir(cwd);
    await writeFile(path.join(cwd, 'kubia-rc.yaml'), KUBIA);
    const env = kubectlEnvironment(kubectl as NonNullable<typeof kubectl>, folder, cluster.kubeconfig);
    run = (command) => runCommand(command, { cwd, env });
  }, 60_000);

  afterAll(async () => {
    expect(await cluster.stop(), cluster.log()).toBe(0);
    await program.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Names of the pods that run and are ready. */
  const readyPods = async () => (await run(`kubectl get pods -l app=kubia --no-headers | awk '$2 == "1/1" && $3 == "Running" {print $1}' | sort`)).trim().split('\n').filter((name) => name !== '');
  const whenReady = async (count: number) => {
    await expect.poll(readyPods, { timeout: 20_000, interval: 100 }).toHaveLength(count);
    return readyPods();
  };

  it('runs kubia under a replication controller, heals it, scales it, and serves it', async () => {
    expect(await run('kubectl create -f kubia-rc.yaml')).toBe('replicationcontroller/kubia created\n');
    const [first = ''] = await whenReady(1);
    expect(first).toMatch(/^kubia-[a-z0-9]{5}$/);
    expect(await run('kubectl logs rc/kubia')).toBe('Kubia server starting...\n');

    // A pod that goes is replaced by another one.
    expect(await run(`kubectl delete pod ${first}`)).toBe(`pod "${first}" deleted\n`);
    const [second = ''] = await whenReady(1);
    expect(second).not.toBe(first);

    expect(await run('kubectl scale --replicas=3 rc/kubia')).toBe('replicationcontroller/kubia scaled\n');
    const names = await whenReady(3);
    expect(names).toContain(second);
    expect((await run('kubectl get rc kubia --no-headers')).split(/\s+/).slice(0, 4)).toEqual(['kubia', '3', '3', '3']);
    const wide = (await run('kubectl get pods -o wide --no-headers')).trim().split('\n').map((line) => line.split(/\s+/));
    expect(wide.map((cells) => cells[0]).sort()).toEqual(names);
    expect(new Set(wide.map((cells) => cells[5])).size).toBe(3); // an address each
    expect(new Set(wide.map((cells) => cells[6])).size).toBe(3); // spread over the three nodes

    expect(await run('kubectl expose rc kubia --type=ClusterIP --name kubia-http')).toBe('service/kubia-http exposed\n');
    await expect.poll(() => run(`kubectl get endpointslices -l kubernetes.io/service-name=kubia-http -o jsonpath='{.items[*].endpoints[*].addresses[0]}' | wc -w`), { timeout: 10_000 }).toBe('3\n');

    // Every pod answers with its own name, as the Service spreads connections.
    const answers = (await run(`kubectl exec ${second} -- bash -c 'for i in $(seq 30); do curl -s http://kubia-http:8080; done'`)).trim().split('\n');
    expect(answers).toHaveLength(30);
    expect([...new Set(answers)].sort()).toEqual(names.map((name) => `You've hit ${name}`));
    const clusterIp = await run(`kubectl get service kubia-http -o jsonpath='{.spec.clusterIP}'`);
    expect(await run(`kubectl exec ${second} -- curl -s http://${clusterIp.trim()}:8080`)).toMatch(/^You've hit kubia-[a-z0-9]{5}\n$/);

    // From the host, through the API server and the kubelet.
    const forwarded = await run(`
      kubectl port-forward ${names[0] ?? ''} :8080 > forward.txt & pid=$!
      for i in $(seq 100); do grep -q Forwarding forward.txt && break; sleep 0.05; done
      curl -s localhost:$(grep -oE '127.0.0.1:[0-9]+' forward.txt | cut -d: -f2)
      kill $pid`);
    expect(forwarded).toBe(`You've hit ${names[0] ?? ''}\n`);
    expect(await run(`kubectl logs ${names[0] ?? ''} | tail -1`)).toMatch(/^Received request from (::ffff:)?127\.0\.0\.1\n$/);

    expect(await run('kubectl delete rc kubia')).toBe('replicationcontroller "kubia" deleted\n');
    await expect.poll(() => run('kubectl get pods -l app=kubia'), { timeout: 40_000, interval: 200 }).toBe('No resources found in default namespace.\n');
  }, 90_000);
});
