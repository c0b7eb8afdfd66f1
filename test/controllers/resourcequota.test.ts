import { describe, expect, it } from 'vitest';
import { configMaps, customResourceDefinitions, pods, resourceQuotas } from '../../src/api/index.ts';
import { startControlPlane } from './control-plane.ts';

const IN = { namespace: 'default' } as const;
const pod = (name: string, more: object = {}) => ({ metadata: { ...IN, name }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }], ...more } });

describe('the resource quota controller', () => {
  it('counts what is there when a quota comes, and gives back what goes or ends', async () => {
    const { admin, errors, controllers, settle } = await startControlPlane('resourcequota');
    const quotas = admin.resource(resourceQuotas);
    const used = async () => (await quotas.get({ ...IN, name: 'q' })).status?.used;
    for (const name of ['a', 'b', 'c']) await admin.resource(pods).create(pod(name));
    await admin.resource(configMaps).create({ metadata: { ...IN, name: 'm' } });
    await quotas.create({ metadata: { ...IN, name: 'q' }, spec: { hard: { pods: '5', 'requests.cpu': '1', 'count/pods': '9', 'count/configmaps': '2', 'count/nothings.example.com': '1' } } });
    await settle();
    expect((await quotas.get({ ...IN, name: 'q' })).status).toEqual({
      hard: { pods: '5', 'requests.cpu': '1', 'count/pods': '9', 'count/configmaps': '2', 'count/nothings.example.com': '1' },
      used: { pods: '3', 'requests.cpu': '300m', 'count/pods': '3', 'count/configmaps': '1' },
    });
    await admin.resource(pods).create(pod('d'));
    await settle();
    expect(await used()).toEqual({ pods: '4', 'requests.cpu': '400m', 'count/pods': '4', 'count/configmaps': '1' });
    await admin.resource(pods).patch({ ...IN, name: 'a' }, { status: { phase: 'Succeeded' } }, { subresource: 'status' });
    await admin.resource(configMaps).delete({ ...IN, name: 'm' });
    await settle();
    expect(await used()).toEqual({ pods: '3', 'requests.cpu': '300m', 'count/pods': '4', 'count/configmaps': '0' });
    await admin.resource(pods).delete({ ...IN, name: 'b' }, { gracePeriodSeconds: 0 });
    await settle();
    expect(await used()).toEqual({ pods: '2', 'requests.cpu': '200m', 'count/pods': '3', 'count/configmaps': '0' });
    await quotas.patch({ ...IN, name: 'q' }, { spec: { hard: { pods: '1', 'requests.cpu': null, 'count/pods': null, 'count/configmaps': null, 'count/nothings.example.com': null } } });
    await settle();
    expect((await quotas.get({ ...IN, name: 'q' })).status).toEqual({ hard: { pods: '1' }, used: { pods: '2' } });
    // Stuck on its way out, past its grace: counted no more, at the next look at the latest.
    await admin.resource(pods).delete({ ...IN, name: 'c' }, { gracePeriodSeconds: 5 });
    await settle(301_000);
    expect(await used()).toEqual({ pods: '1' });
    controllers.dispose();
    expect(errors).toEqual([]);
  });

  it('never lets more in than fit while pods come and go and it counts again', async () => {
    const { admin, errors, controllers, settle } = await startControlPlane('resourcequota');
    await admin.resource(resourceQuotas).create({ metadata: { ...IN, name: 'q' }, spec: { hard: { pods: '10' } } });
    await settle();
    const there = new Set<string>();
    let most = 0;
    const watch = admin.resource(pods).watch(IN, {
      onEvents(batch) {
        for (const { type, object } of batch) {
          if (type === 'DELETED') there.delete(object.metadata.name);
          else there.add(object.metadata.name);
          most = Math.max(most, there.size);
        }
      },
      onClose: () => undefined,
    });
    let created = 0;
    const writes: Promise<unknown>[] = [];
    for (let wave = 0; wave < 60; wave++) {
      const [gone] = wave % 3 === 0 ? there : [];
      if (gone !== undefined) writes.push(admin.resource(pods).delete({ ...IN, name: gone }, { gracePeriodSeconds: 0 }));
      for (let index = 0; index < 5; index++) writes.push(admin.resource(pods).create(pod(`p${wave}-${index}`)).then(() => created++, () => undefined));
      await settle(2);
    }
    await Promise.all(writes);
    await settle();
    expect([most, there.size, created > 20]).toEqual([10, 10, true]);
    watch.dispose();
    controllers.dispose();
    expect(errors).toEqual([]);
  });

  it('counts objects of a kind that was defined after the quota', async () => {
    const { admin, errors, controllers, settle, server } = await startControlPlane('resourcequota');
    const quotas = admin.resource(resourceQuotas);
    await quotas.create({ metadata: { ...IN, name: 'q' }, spec: { hard: { 'count/things.example.com': '1' } } });
    await settle();
    expect((await quotas.get({ ...IN, name: 'q' })).status?.used).toEqual({});
    await admin.resource(customResourceDefinitions).create({
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    await settle(2000);
    const things = server.resources.get('example.com', 'v1', 'things');
    if (things === undefined) throw new Error('things are not served');
    const create = (name: string) => admin.resource(things).create({ metadata: { ...IN, name } });
    expect((await quotas.get({ ...IN, name: 'q' })).status?.used).toEqual({ 'count/things.example.com': '0' });
    await create('a');
    await expect(create('b')).rejects.toThrow(
      'things.example.com "b" is forbidden: exceeded quota: q, requested: count/things.example.com=1, used: count/things.example.com=1, limited: count/things.example.com=1');
    await admin.resource(things).delete({ ...IN, name: 'a' });
    await settle();
    await create('b');
    controllers.dispose();
    expect(errors).toEqual([]);
  });
});
