import { describe, expect, it } from 'vitest';
import { encodeText } from '../../src/base/index.ts';
import { type KeyValue, type Operation, prefixRangeEnd, type Store, StoreError, type StoredValue, type StoreEvent } from '../../src/etcd/index.ts';

/** A stored value of plain text. */
export function textValue(text: string): StoredValue {
  return { object: text, bytes: () => encodeText(text) };
}

export const put = (key: string, text: string): Operation => ({ type: 'put', key, value: () => textValue(text) });
export const remove = (key: string): Operation => ({ type: 'delete', key });

/** Puts without a condition; resolves with the revision. */
export async function putNow(store: Store, key: string, text: string): Promise<number> {
  return (await store.txn({ compare: [], operations: [put(key, text)] })).revision;
}

/** key=text@modRevision, by which tests compare states at a glance. */
export const show = (item: KeyValue | undefined): string =>
  item === undefined ? 'none' : `${item.key}=${new TextDecoder().decode(item.value.bytes())}@${item.modRevision} created ${item.createRevision} version ${item.version}`;

/** What every store has to do, whatever it is made of. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  const all = { key: '/', rangeEnd: prefixRangeEnd('/') };

  describe(`the store interface on ${name}`, () => {
    it('gives each write one revision and keeps createRevision and version of a key', async () => {
      const store = await open();
      expect(store.status().revision).toBe(1);
      expect(await putNow(store, '/a', '1')).toBe(2);
      expect(await putNow(store, '/b', '1')).toBe(3);
      expect(await putNow(store, '/a', '2')).toBe(4);
      const { items, count, more, revision } = await store.range(all);
      expect({ items: items.map(show), count, more, revision }).toEqual({
        items: ['/a=2@4 created 2 version 2', '/b=1@3 created 3 version 1'], count: 2, more: false, revision: 4,
      });
      await store.close();
    });

    it('hands the revision of a write to the value, so that an object can carry it', async () => {
      const store = await open();
      const result = await store.txn({ compare: [], operations: [{ type: 'put', key: '/a', value: (revision) => textValue(`at ${revision}`) }] });
      expect(result.succeeded && result.puts.map(show)).toEqual(['/a=at 2@2 created 2 version 1']);
      await store.close();
    });

    it('refuses a transaction whose comparison fails, and tells the current state', async () => {
      const store = await open();
      await putNow(store, '/a', '1');
      const refused = await store.txn({ compare: [{ key: '/a', modRevision: 0 }, { key: '/b', modRevision: 0 }], operations: [put('/b', 'x')] });
      expect(refused.succeeded === false && refused.current.map(show)).toEqual(['/a=1@2 created 2 version 1', 'none']);
      expect((await store.range({ key: '/b' })).count).toBe(0);
      const agreed = await store.txn({ compare: [{ key: '/a', modRevision: 2 }], operations: [put('/a', '2'), put('/b', '1')] });
      expect([agreed.succeeded, agreed.revision]).toEqual([true, 3]);
      await store.close();
    });

    it('lets exactly one of many writers that compare with the same state win', async () => {
      const store = await open();
      await putNow(store, '/lock', 'free');
      const results = await Promise.all(Array.from({ length: 10 }, (_, index) =>
        store.txn({ compare: [{ key: '/lock', modRevision: 2 }], operations: [put('/lock', `held by ${index}`)] })));
      expect(results.map((result) => result.succeeded)).toEqual([true, ...Array(9).fill(false)]);
      await store.close();
    });

    it('reads the past at any revision that has not been compacted', async () => {
      const store = await open();
      await putNow(store, '/a', '1');
      await putNow(store, '/a', '2');
      await store.txn({ compare: [], operations: [remove('/a')] });
      const at = async (revision: number) => (await store.range({ ...all, revision })).items.map(show);
      expect([await at(2), await at(3), await at(4)]).toEqual([['/a=1@2 created 2 version 1'], ['/a=2@3 created 2 version 2'], []]);
      await expect(at(5)).rejects.toMatchObject({ code: 'future-revision' });
      await store.compact(3);
      await expect(at(2)).rejects.toMatchObject({ code: 'compacted' });
      expect(await at(3)).toEqual(['/a=2@3 created 2 version 2']);
      await store.close();
    });

    it('pages through a range with limit and tells the whole count', async () => {
      const store = await open();
      for (const key of ['/c', '/a', '/b', '0']) await putNow(store, key, key);
      const { items, count, more } = await store.range({ ...all, limit: 2 });
      expect({ keys: items.map((item) => item.key), count, more }).toEqual({ keys: ['/a', '/b'], count: 3, more: true });
      await store.close();
    });

    it('delivers each change once, in order, from a revision in the past into the present', async () => {
      const store = await open();
      await putNow(store, '/a', '1');
      await putNow(store, 'elsewhere', 'x');
      await putNow(store, '/b', '1');
      const seen: string[] = [];
      const watch = store.watch({
        ...all, startRevision: 2, onClose: () => seen.push('closed'),
        onEvents: (events: readonly StoreEvent[], revision) => seen.push(`${revision}: ${events.map((event) => `${event.type} ${show(event.keyValue)} was ${show(event.previous)}`).join(', ')}`),
      });
      await store.txn({ compare: [], operations: [put('/a', '2'), remove('/b')] });
      watch.dispose();
      await putNow(store, '/a', '3');
      expect(seen).toEqual([
        '2: put /a=1@2 created 2 version 1 was none',
        '4: put /b=1@4 created 4 version 1 was none',
        '5: put /a=2@5 created 2 version 2 was /a=1@2 created 2 version 1, delete /b=1@5 created 4 version 1 was /b=1@4 created 4 version 1',
      ]);
      await store.close();
    });

    it('shows every watcher a change before any change that a watcher made because of it', async () => {
      const store = await open();
      const seen: string[] = [];
      const watchAs = (name: string, onRevision: (revision: number) => void) => store.watch({
        ...all, startRevision: 0, onClose: () => undefined, onEvents: (_, revision) => {
          seen.push(`${name} ${revision}`);
          onRevision(revision);
        },
      });
      let wrote: Promise<number> | undefined;
      watchAs('first', (revision) => {
        if (revision === 2) wrote = putNow(store, '/b', '1');
      });
      watchAs('second', () => undefined);
      await putNow(store, '/a', '1');
      await wrote;
      expect(seen).toEqual(['first 2', 'second 2', 'first 3', 'second 3']);
      await store.close();
    });

    it('closes a watch that starts before the compaction', async () => {
      const store = await open();
      for (let index = 0; index < 5; index++) await putNow(store, '/a', String(index));
      await store.compact(4);
      let error: StoreError | undefined;
      store.watch({ ...all, startRevision: 4, onEvents: () => undefined, onClose: (reason) => { error = reason; } });
      expect(error?.code).toBe('compacted');
      const revisions: number[] = [];
      store.watch({ ...all, startRevision: 5, onEvents: (_, revision) => revisions.push(revision), onClose: () => undefined });
      expect(revisions).toEqual([5, 6]);
      await store.close();
    });

    it('refuses writes after close and tells watchers', async () => {
      const store = await open();
      let closed: string | undefined;
      store.watch({ ...all, startRevision: 0, onEvents: () => undefined, onClose: (error) => { closed = error.code; } });
      await store.close();
      expect(closed).toBe('closed');
      await expect(putNow(store, '/a', '1')).rejects.toMatchObject({ code: 'closed' });
    });
  });
}
