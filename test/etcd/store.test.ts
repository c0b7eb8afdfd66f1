import { openDiskStore, openMemoryStore } from '../../src/etcd/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { describeStore } from './store-conformance.ts';

describeStore('memory', async () => openMemoryStore());
describeStore('a disk', () => openDiskStore({ disk: createSimulatedWorld(1).disk, revive: (bytes) => ({ object: undefined, bytes: () => bytes }) }));

