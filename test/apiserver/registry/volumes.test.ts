import { expect, it } from 'vitest';
import { startServer } from '../harness.ts';

const volume = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/data' } } };

it('a PersistentVolume says since when it is in its phase: the server where the writer does not', async () => {
  const { admin, world } = await startServer();
  const cluster = admin.in('');
  const created = await cluster.create('persistentvolumes', volume);
  expect(created['status']).toEqual({ phase: 'Pending', lastPhaseTransitionTime: created.metadata.creationTimestamp });
  await world.clock.advance(60_000);
  const available = await cluster.update('persistentvolumes/status', { ...created, status: { phase: 'Available' } });
  const later = new Date(Date.parse(created.metadata.creationTimestamp) + 60_000).toISOString().replace('.000Z', 'Z');
  expect(available['status']).toEqual({ phase: 'Available', lastPhaseTransitionTime: later });
  await world.clock.advance(60_000);
  const same = await cluster.update('persistentvolumes/status', { ...available, status: { phase: 'Available', message: 'm' } });
  expect(same['status']).toEqual({ phase: 'Available', message: 'm', lastPhaseTransitionTime: later });
});
