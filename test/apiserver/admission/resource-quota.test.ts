import { describe, expect, it } from 'vitest';
import { type Client, refusal, simplePod, startServerForPods, lateStore } from '../harness.ts';

/** A quota whose status is as the controller would have it. */
async function createQuota(admin: Client, name: string, spec: object, used: Readonly<Record<string, string>>): Promise<void> {
  const quota = await admin.create('resourcequotas', { metadata: { name }, spec });
  await admin.update('resourcequotas/status', { ...quota, status: { hard: quota['spec'].hard, used } });
}

describe('ResourceQuota', () => {
  it('never lets a burst of creations through beyond what is allowed', async () => {
    const { admin } = await startServerForPods({ store: lateStore() });
    await createQuota(admin, 'few', { hard: { pods: '10' } }, { pods: '3' });
    const results = await Promise.all(Array.from({ length: 100 }, (_, index) => refusal(admin.create('pods', simplePod(`p${index}`)))));
    expect(results.filter((text) => text === 'was not refused')).toHaveLength(7);
    expect(new Set(results.slice(7))).toEqual(new Set(results.slice(7).map((_text, index) =>
      `403 Forbidden: pods "p${index + 7}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=10, limited: pods=10`)));
    expect((await admin.get('resourcequotas', 'few'))['status']).toEqual({ hard: { pods: '10' }, used: { pods: '10' } });
  });
});
