import { expect, it } from 'vitest';
import { createApiServer } from '../../src/apiserver/index.ts';
import { openMemoryStore, type Store } from '../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { ADMIN } from './harness.ts';

it('a server that is stopped leaves no timer and no watch, however often one is started on the store', async () => {
  const world = createSimulatedWorld(1);
  const memory = openMemoryStore();
  let watches = 0;
  const store: Store = {
    ...memory,
    watch(request) {
      const watch = memory.watch(request);
      watches++;
      return { dispose: () => { watches--; watch.dispose(); } };
    },
  };
  const running = new Set<boolean>();
  const left = new Set<string>();
  for (let round = 0; round < 50; round++) {
    const server = createApiServer({ world, store, address: { ip: '10.0.0.1', port: 6443 } });
    await server.start();
    server.transportFor(ADMIN).watch({ group: '', version: 'v1', resource: 'pods', namespace: 'default' }, { onEvents: () => {}, onClose: () => {} });
    running.add(world.clock.pendingCount > 0 && watches > 0);
    server.stop();
    await world.clock.advance(60_000);
    left.add(`${world.clock.pendingCount} timers, ${watches} watches`);
  }
  expect({ running, left }).toEqual({ running: new Set([true]), left: new Set(['0 timers, 0 watches']) });
});
