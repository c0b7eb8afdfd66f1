import { describe, expect, it } from 'vitest';
import { createApiServer } from '../../src/apiserver/index.ts';
import { clusterRoles, deployments, endpointSlices, events, namespaces, nodes, pods, services } from '../../src/api/index.ts';
import { createClient } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { startScheduler } from '../../src/scheduler/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';

/** The control plane without kubelets, in simulated time: authorization, admission and validation apply. */
async function setUp() {
  const world = createSimulatedWorld(11);
  const server = createApiServer({ world, store: openMemoryStore(), address: { ip: '172.18.0.2', port: 6443 } });
  const errors: string[] = [];
  await Promise.all([server.start(), world.clock.advance(1000)]);
  const controllers = startControllers({
    transportFor: (user) => server.transportFor(user), world, rootCertificatePem: 'PEM', resources: server.resources,
    onError: (controller, key, error) => errors.push(`${controller} ${key}: ${String(error)}`),
  });
  const scheduler = startScheduler({
    transport: server.transportFor({ name: 'system:kube-scheduler', groups: ['system:authenticated'] }), world, onError: (error) => errors.push(`scheduler: ${String(error)}`),
  });
  const admin = createClient(server.transportFor({ name: 'admin', groups: ['system:masters', 'system:authenticated'] }));
  for (const name of ['n1', 'n2', 'n3']) {
    const node = await admin.resource(nodes).create({ metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} });
    const amounts = { cpu: '4', memory: '8Gi', pods: '110' };
    await admin.resource(nodes).updateStatus({ ...node, status: { capacity: amounts, allocatable: amounts, conditions: [{ type: 'Ready', status: 'True' }] } });
  }
  await world.clock.advance(1000);
  return { world, server, admin, errors, controllers, scheduler };
}

describe('controllers and scheduler under an API server that authorizes and validates', () => {
  it('take a Deployment to pods on nodes and a Service to its endpoints, each with its own rights, and empty a namespace', async () => {
    const { world, server, admin, errors, controllers, scheduler } = await setUp();
    await admin.resource(namespaces).create({ metadata: { name: 'shop' }, spec: {} });
    await world.clock.advance(100);
    const name = { namespace: 'shop', name: 'web' };
    await admin.resource(services).create({ metadata: name, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
    await admin.resource(deployments).create({
      metadata: name,
      spec: { replicas: 6, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } },
    });
    await world.clock.advance(1000);
    const placed = (await admin.resource(pods).list({ namespace: 'shop' })).items.map((pod) => pod.spec.nodeName).sort();
    expect(placed).toEqual(['n1', 'n1', 'n2', 'n2', 'n3', 'n3']);
    const told = (await admin.resource(events).list({ namespace: 'shop' })).items.map((event) => event.reason).sort();
    expect(told).toEqual([...Array.from({ length: 1 }, () => 'ScalingReplicaSet'), ...Array.from({ length: 6 }, () => 'Scheduled'), ...Array.from({ length: 6 }, () => 'SuccessfulCreate')]);
    const [slice] = (await admin.resource(endpointSlices).list({ namespace: 'shop' })).items;
    expect([slice?.endpoints, slice?.metadata.ownerReferences?.[0]?.name]).toEqual([[], 'web']);

    for (const pod of (await admin.resource(pods).list({ namespace: 'shop' })).items) {
      await admin.resource(pods).updateStatus({ ...pod, status: { ...pod.status, phase: 'Running', podIP: `10.0.0.${pod.metadata.uid.charCodeAt(0)}`, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] } });
    }
    await world.clock.advance(1000);
    expect((await admin.resource(deployments).get(name)).status).toMatchObject({ replicas: 6, readyReplicas: 6, availableReplicas: 6, updatedReplicas: 6 });
    expect((await admin.resource(endpointSlices).list({ namespace: 'shop' })).items[0]?.endpoints.length).toBe(6);

    await admin.resource(namespaces).delete({ name: 'shop' });
    await world.clock.advance(100);
    for (const pod of (await admin.resource(pods).list({ namespace: 'shop' })).items) await admin.resource(pods).delete(pod.metadata, { gracePeriodSeconds: 0 });
    await world.clock.advance(2000);
    expect((await admin.resource(namespaces).list()).items.map((namespace) => namespace.metadata.name).sort()).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    expect(errors).toEqual([]);
    controllers.dispose();
    scheduler.dispose();
    server.stop();
  });

  it('give admin, edit and view the rules of the roles that are labelled for them, and take them away again', async () => {
    const { world, admin, errors, controllers, scheduler } = await setUp();
    const roles = admin.resource(clusterRoles);
    const before = await Promise.all(['admin', 'edit', 'view'].map((name) => roles.get({ name })));
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    await roles.create({ metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } }, rules: [rule] });
    await world.clock.advance(1000);
    const after = await Promise.all(['admin', 'edit', 'view'].map((name) => roles.get({ name })));
    expect(after.map((role) => (role.rules ?? []).filter(({ apiGroups }) => apiGroups?.includes('example.com')))).toEqual([[rule], [rule], [rule]]);
    await roles.delete({ name: 'widgets' });
    await world.clock.advance(1000);
    const last = await Promise.all(['admin', 'edit', 'view'].map((name) => roles.get({ name })));
    expect(last.map((role) => role.rules)).toEqual(before.map((role) => role.rules));
    // What the server starts with is what the controller makes of it: nothing was written.
    const { metadata: later } = await roles.get({ name: 'system:node' });
    expect(before.map(({ metadata }) => metadata.resourceVersion)).toEqual([1, 2, 3].map(() => later.resourceVersion));
    expect(errors).toEqual([]);
    controllers.dispose();
    scheduler.dispose();
  });
});
