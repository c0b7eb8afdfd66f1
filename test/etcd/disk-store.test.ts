import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDiskStore, prefixRangeEnd, type Store } from '../../src/etcd/index.ts';
import type { Disk } from '../../src/world/index.ts';
import { createRealWorld } from '../../src/world/real/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import { put, putNow, remove, show } from './store-conformance.ts';

const openOn = (disk: Disk, logBytesMax?: number): Promise<Store> =>
  openDiskStore({ disk, revive: (bytes) => ({ object: undefined, bytes: () => bytes }), ...(logBytesMax === undefined ? {} : { logBytesMax }) });
const contents = async (store: Store) => (await store.range({ key: '/', rangeEnd: prefixRangeEnd('/') })).items.map(show);

describe('the store on disk', () => {
  it('finds everything again after it was closed in order, with the same revisions', async () => {
    const { disk } = createSimulatedWorld(1);
    const store = await openOn(disk);
    await putNow(store, '/a', '1');
    await store.txn({ compare: [], operations: [put('/a', '2'), put('/b', '1')] });
    await store.txn({ compare: [], operations: [remove('/b')] });
    await store.close();
    expect(await disk.list('')).toEqual(['log-0000000000000004', 'snapshot-0000000000000004']);
    const again = await openOn(disk);
    expect(await contents(again)).toEqual(['/a=2@3 created 2 version 2']);
    expect(await putNow(again, '/c', '1')).toBe(5);
  });

  it('acknowledges no write into a log that is over, however late into its closing the write comes', async () => {
    const { disk } = createSimulatedWorld(1);
    const store = await openOn({
      ...disk,
      async writeAtomic(name, bytes) {
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        await disk.writeAtomic(name, bytes);
      },
    });
    const early = putNow(store, '/early', '1');
    const closed = store.close();
    const acknowledged = ['/early=1@2 created 2 version 1'];
    const refused = new Set<string>();
    const late: Promise<void>[] = [];
    for (let turn = 0; turn < 60; turn++) {
      await Promise.resolve();
      if (turn < 20) continue; // the snapshot is being made
      late.push(store.txn({ compare: [], operations: [put(`/late-${turn}`, '1')] })
        .then(() => void acknowledged.push(`/late-${turn}`), (error: unknown) => void refused.add(String(error))));
    }
    await Promise.all([early, closed, ...late]);
    expect([acknowledged, [...refused]]).toEqual([await contents(await openOn(disk)), ['StoreError: the store is closed']]);
  });

  it('loses nothing that was acknowledged and invents nothing, whatever byte the power fails at', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { random, disk: firstDisk } = createSimulatedWorld(seed);
      let disk = firstDisk;
      const acknowledged = new Map<string, number>();
      const asked = new Map<string, number>();
      for (let life = 0; life < 3; life++) {
        const store = await openOn(disk, 600);
        const found = new Map((await store.range({ key: '/', rangeEnd: prefixRangeEnd('/') })).items.map((item) => [item.key, Number(new TextDecoder().decode(item.value.bytes()))]));
        for (const [key, value] of acknowledged) expect(found.get(key), `seed ${seed}: ${key}`).toBeGreaterThanOrEqual(value);
        for (const [key, value] of found) expect(value, `seed ${seed}: ${key}`).toBeLessThanOrEqual(asked.get(key) ?? 0);
        const writes = Math.floor(random.next() * 60);
        for (let index = 0; index < writes; index++) {
          const key = `/key-${Math.floor(random.next() * 8)}`;
          const value = (asked.get(key) ?? 0) + 1;
          asked.set(key, value);
          const written = putNow(store, key, String(value)).then(() => acknowledged.set(key, value), () => undefined);
          if (random.next() < 0.4) await written;
        }
        disk = disk.crash();
      }
    }
  });

  it('opens with what was whole when the log is cut at any byte', async () => {
    const { disk } = createSimulatedWorld(3);
    const store = await openOn(disk);
    for (let index = 1; index <= 4; index++) await putNow(store, '/a', String(index));
    const name = (await disk.list(''))[0] as string;
    const whole = (await disk.read(name)) as Uint8Array;
    const seen = new Set<string>();
    for (let length = 0; length <= whole.length; length++) {
      const cut = createSimulatedWorld(3).disk;
      cut.files.set(name, { bytes: whole.slice(0, length) });
      const [state] = await contents(await openOn(cut));
      seen.add(state ?? 'empty');
    }
    expect([...seen]).toEqual(['empty', ...[1, 2, 3, 4].map((index) => `/a=${index}@${index + 1} created 2 version ${index}`)]);
  });

  it('refuses to open a log that is damaged in its middle rather than lose acknowledged writes', async () => {
    const { disk } = createSimulatedWorld(4);
    const store = await openOn(disk);
    for (let index = 1; index <= 4; index++) await putNow(store, '/a', String(index));
    const name = (await disk.list(''))[0] as string;
    const file = disk.files.get(name) as { bytes: Uint8Array };
    file.bytes[20] = (file.bytes[20] as number) ^ 1;
    await expect(openOn(disk)).rejects.toMatchObject({ code: 'corrupt', message: `${name} is damaged at byte 0` });
  });

  it('refuses writes with the cause once the disk is full, and keeps what was acknowledged', async () => {
    const { disk } = createSimulatedWorld(5);
    const store = await openOn(disk);
    await putNow(store, '/a', '1');
    disk.capacityBytes = 100;
    await expect(putNow(store, '/b', 'x'.repeat(200))).rejects.toMatchObject({ code: 'unavailable', message: "the store's disk failed: no space left on device" });
    await expect(putNow(store, '/a', '2')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await contents(store)).toEqual(['/a=1@2 created 2 version 1']);
    expect(await contents(await openOn(disk.crash()))).toEqual(['/a=1@2 created 2 version 1']);
  });

  it('answers nothing before its fdatasync, and refuses everything when that fails', async () => {
    const { disk } = createSimulatedWorld(6);
    const store = await openOn(disk);
    disk.failNextSync = true;
    const writes = await Promise.allSettled([putNow(store, '/a', '1'), putNow(store, '/b', '1')]);
    expect(writes.map((write) => write.status)).toEqual(['rejected', 'rejected']);
    expect(await contents(store)).toEqual([]);
  });

  it('takes snapshots so that the log stays short', async () => {
    const { disk } = createSimulatedWorld(7);
    const store = await openOn(disk, 2_000);
    for (let index = 0; index < 200; index++) await putNow(store, `/key-${index % 5}`, 'x'.repeat(50));
    const names = await disk.list('');
    expect(names.length).toBe(2);
    expect(store.status().diskBytes).toBeLessThan(4_000);
  });

  it('is held by one process at a time on the real disk', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'drydock-store-'));
    try {
      const { disk } = createRealWorld(folder);
      const store = await openOn(disk);
      await Promise.all(Array.from({ length: 100 }, (_, index) => putNow(store, `/key-${index}`, String(index))));
      await store.close();
      const again = await openOn(createRealWorld(folder).disk);
      expect((await contents(again)).length).toBe(100);
      await again.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
