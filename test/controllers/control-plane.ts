import { deployments, nodes, type Pod, pods, serviceAccounts } from '../../src/api/index.ts';
import { createApiServer, type UserInfo } from '../../src/apiserver/index.ts';
import { createClient } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';

const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** An API server that authorizes, admits and validates, with some controllers, in simulated time. */
export async function startControlPlane(...only: readonly string[]) {
  const world = createSimulatedWorld(5);
  const server = createApiServer({ world, store: openMemoryStore(), address: { ip: '172.18.0.2', port: 6443 } });
  const errors: string[] = [];
  await Promise.all([server.start(), world.clock.advance(1000)]);
  const admin = createClient(server.transportFor(ADMIN));
  await admin.resource(serviceAccounts).create({ metadata: { namespace: 'default', name: 'default' } });
  await admin.resource(nodes).create({ metadata: { name: 'n' }, spec: {} });
  const controllers = startControllers({
    transportFor: (user) => server.transportFor(user), world, rootCertificatePem: 'PEM', resources: server.resources, only,
    onError: (controller, key, error) => errors.push(`${controller} ${key}: ${String(error)}`),
  });
  const settle = (ms = 100) => world.clock.advance(ms);
  await settle();
  return {
    world, server, admin, errors, controllers, settle,
    createDeployment: (name: string, replicas: number) => admin.resource(deployments).create({
      metadata: { namespace: 'default', name },
      spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } } },
    }),
    pods: async (): Promise<readonly Pod[]> => (await admin.resource(pods).list({ namespace: 'default' })).items,
    /** As their kubelets would. */
    async makeReady(chosen: readonly Pod[], status = 'True') {
      for (const pod of chosen) {
        await admin.resource(pods).patch(pod.metadata, { status: { phase: 'Running', conditions: [{ type: 'Ready', status, lastTransitionTime: '2026-01-01T00:00:00Z' }] } }, { subresource: 'status' });
      }
      await settle();
    },
  };
}
