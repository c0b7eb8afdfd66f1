import { describe, expect, it } from 'vitest';
import { refusal, startServer } from '../harness.ts';

describe('componentstatuses', () => {
  it('ask every component, and say what it answered', async () => {
    const components = new Map([['scheduler', { healthy: true, message: 'ok' }], ['controller-manager', { message: 'connection refused' }]]);
    const { admin, request } = await startServer({ components: () => components });
    const list = await admin.list('componentstatuses');
    expect((list['items'] as readonly { readonly metadata: { readonly name: string }; readonly conditions: unknown }[]).map(({ metadata, conditions }) => [metadata.name, conditions])).toEqual([
      ['etcd-0', [{ type: 'Healthy', status: 'True', message: 'ok' }]],
      ['scheduler', [{ type: 'Healthy', status: 'True', message: 'ok' }]],
      ['controller-manager', [{ type: 'Healthy', status: 'Unknown', message: 'connection refused' }]],
    ]);
    expect(list.metadata).toEqual({ resourceVersion: '' });
    expect(await refusal(admin.get('componentstatuses', 'none'))).toBe('404 NotFound: componentstatuses "none" not found');
    expect(await refusal(request({ verb: 'create', group: '', version: 'v1', resource: 'componentstatuses', body: { metadata: { name: 'x' } } }))).toMatch(/^405/);
  });
});
