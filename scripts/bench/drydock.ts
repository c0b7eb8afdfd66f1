import { isPodRunning, nodeIsReady } from './conditions.ts';
import { deployments, nodes, pods, type KubernetesObject, type ResourceRef } from '../../src/api/index.ts';
import { createClient, createInformerFactory, type InformerFactory } from '../../src/client/index.ts';
import { createCertificates, createTokenSigner } from '../../src/apiserver/http/index.ts';
import { startCluster } from '../../src/cluster/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { createRealWorld } from '../../src/world/real/index.ts';
import { pauseDeployment, readScenario, report, startStopwatch } from './sample.ts';

void run();

async function run(): Promise<void> {
  const scenario = readScenario();
  const world = createRealWorld('/nonexistent'); // the store is in memory: nothing is read or written there
  // A lab makes its keys once, at its first start.
  const { authority, tokenKeyPem } = await createCertificates(world);
  let stop = startStopwatch();
  const cluster = await startCluster({
    world, store: openMemoryStore(), spec: { nodes: scenario.nodes, authorityPem: authority.certificatePem, tokenSigner: createTokenSigner(tokenKeyPem) },
  });
  const client = createClient(cluster.adminTransport);
  const informers = createInformerFactory({ client, clock: world.clock });
  await count(informers, nodes, scenario.nodes, nodeIsReady);
  if (scenario.pods > 0) {
    stop = startStopwatch();
    const running = count(informers, pods, scenario.pods, isPodRunning);
    await client.resource(deployments).create(pauseDeployment(scenario.pods, 'registry.k8s.io/pause:3.10') as never);
    await running;
  }
  report(stop());
}

/** Resolves once so many objects satisfy the condition, counted by informer. */
function count<T extends KubernetesObject>(informers: InformerFactory, ref: ResourceRef<T>, wanted: number, holds: (object: T) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const names = new Set<string>();
    const look = (object: T) => {
      if (holds(object)) names.add(object.metadata.name);
      if (names.size === wanted) resolve();
    };
    informers.informer(ref).addEventHandler({ onAdd: look, onUpdate: (_, object) => look(object) });
    informers.start();
  });
}
