import { describe, expect, it } from 'vitest';
import { formatTime } from '../../../src/api/index.ts';
import { startServer } from '../harness.ts';

const SECRET = '0123456789abcdef';

function secret(id: string, more: Readonly<Record<string, string>> = {}, type = 'bootstrap.kubernetes.io/token'): object {
  const texts: Record<string, string> = { 'token-id': id, 'token-secret': SECRET, 'usage-bootstrap-authentication': 'true', ...more };
  const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
  return { metadata: { name: `bootstrap-token-${id}` }, type, data };
}

describe('bootstrap tokens', () => {
  it('log in as the group of those who join, with the groups that the Secret adds', async () => {
    const { server, admin } = await startServer();
    await admin.in('kube-system').create('secrets', secret('abcdef', { 'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token,system:bootstrappers:a' }));
    expect(await server.authenticateToken(`abcdef.${SECRET}`)).toMatchObject({
      done: true, user: { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:bootstrappers:a', 'system:authenticated'] },
    });
  });

  it('are nobody where they are wrong, expired, of another type, not for logging in, or claim groups of others', async () => {
    const { server, admin, world } = await startServer();
    const system = admin.in('kube-system');
    const past = formatTime(world.clock.nowMs() - 1000);
    await system.create('secrets', secret('good00'));
    await system.create('secrets', secret('old000', { expiration: past }));
    await system.create('secrets', secret('opaque', {}, 'Opaque'));
    await system.create('secrets', secret('nologn', { 'usage-bootstrap-authentication': 'false' }));
    await system.create('secrets', secret('greedy', { 'auth-extra-groups': 'system:masters' }));
    await admin.create('secrets', secret('elsewh'));
    const names = [`good00.${SECRET}`, 'good00.0123456789abcdee', `old000.${SECRET}`, `opaque.${SECRET}`, `nologn.${SECRET}`, `greedy.${SECRET}`, `elsewh.${SECRET}`, 'good00', `GOOD00.${SECRET}`];
    const users = await Promise.all(names.map(async (token) => {
      const found = await server.authenticateToken(token);
      return found.done ? found.user.name : found.message;
    }));
    expect(users).toEqual(['system:bootstrap:good00', ...Array.from({ length: 8 }, () => 'invalid bearer token')]);
  });
});
