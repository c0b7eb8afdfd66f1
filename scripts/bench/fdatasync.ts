import { open } from 'node:fs/promises';
import path from 'node:path';
import { encodeText } from '../../src/base/index.ts';
import { openDiskStore } from '../../src/etcd/index.ts';
import { createRealWorld } from '../../src/world/real/index.ts';

const VALUE_BYTES = 512;
const DURATION_MS = 1500;
const WRITERS = 64;

/** Durable writes a second: through the store with many writers, and bare, one after another, on the same disk. */
export async function measureFdatasync(folder: string): Promise<{ storeWritesPerSecond: number; rawSyncsPerSecond: number }> {
  const bytes = encodeText('x'.repeat(VALUE_BYTES));
  const file = await open(path.join(folder, 'raw'), 'a');
  let syncs = 0;
  const rawStart = performance.now();
  while (performance.now() - rawStart < DURATION_MS) {
    await file.write(bytes);
    await file.datasync();
    syncs++;
  }
  const rawSyncsPerSecond = (1000 * syncs) / (performance.now() - rawStart);
  await file.close();
  const store = await openDiskStore({ disk: createRealWorld(path.join(folder, 'store')).disk, revive: (value) => ({ object: undefined, bytes: () => value }) });
  let writes = 0;
  const storeStart = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
    while (performance.now() - storeStart < DURATION_MS) {
      await store.txn({ compare: [], operations: [{ type: 'put', key: `/writer/${writer}`, value: () => ({ object: undefined, bytes: () => bytes }) }] });
      writes++;
    }
  }));
  const storeWritesPerSecond = (1000 * writes) / (performance.now() - storeStart);
  await store.close();
  return { storeWritesPerSecond, rawSyncsPerSecond };
}
