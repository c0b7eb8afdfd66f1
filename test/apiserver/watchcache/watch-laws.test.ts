import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/api/index.ts';
import type { RequestQuery, WatchEvent } from '../../../src/client/index.ts';
import { prefixRangeEnd } from '../../../src/etcd/index.ts';
import { ADMIN, type Harness, type Loose, settle, simplePod, startServerForPods } from '../harness.ts';

const NAMESPACES = ['default', 'a', 'a-b'] as const;
const step = fc.oneof(
  fc.record({ do: fc.constant('write' as const), namespace: fc.nat(2), name: fc.nat(3), label: fc.nat(2), wait: fc.boolean() }),
  fc.record({ do: fc.constant('bind' as const), namespace: fc.nat(2), name: fc.nat(3), node: fc.nat(1), wait: fc.boolean() }),
  fc.record({ do: fc.constant('delete' as const), namespace: fc.nat(2), name: fc.nat(3), wait: fc.boolean() }),
  fc.record({ do: fc.constant('watch' as const), namespace: fc.constantFrom('', 'default'), query: fc.nat(6), past: fc.boolean() }),
  fc.record({ do: fc.constant('settle' as const) }),
);
const QUERIES: readonly RequestQuery[] = [
  {}, { labelSelector: 'label=1' }, { labelSelector: 'label!=1' }, { fieldSelector: 'spec.nodeName=node-0' }, { fieldSelector: 'spec.nodeName=' },
  { fieldSelector: 'metadata.name=p1' }, { fieldSelector: 'spec.nodeName=node-1', labelSelector: 'label in (0,2)' },
];

interface Watch {
  readonly namespace: string;
  readonly query: RequestQuery;
  readonly state: Map<string, KubernetesObject>;
  readonly problems: string[];
}

const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace}/${metadata.name}`;

/** What a client believes that lists and then follows the watch; it also checks that events make sense. */
function follow({ server }: Harness, namespace: string, query: RequestQuery, from: Loose | undefined): Watch {
  const watch: Watch = { namespace, query, state: new Map(), problems: [] };
  for (const item of (from?.['items'] ?? []) as KubernetesObject[]) watch.state.set(keyOf(item), item);
  let last = Number(from?.metadata.resourceVersion ?? 0);
  let isInitial = from === undefined;
  const take = ({ type, object }: WatchEvent) => {
    const revision = Number(object.metadata.resourceVersion);
    if (!isInitial && revision <= last) watch.problems.push(`${type} ${keyOf(object)} at ${revision} after ${last}`);
    last = Math.max(last, revision);
    const known = watch.state.has(keyOf(object));
    if (known === (type === 'ADDED')) watch.problems.push(`${type} of ${keyOf(object)}, which was ${known ? '' : 'not '}known`);
    if (type === 'DELETED') watch.state.delete(keyOf(object));
    else watch.state.set(keyOf(object), object);
  };
  server.watch(ADMIN, {
    group: '', version: 'v1', resource: 'pods', ...(namespace === '' ? {} : { namespace }), query: { ...query, ...(from === undefined ? {} : { resourceVersion: from.metadata.resourceVersion }) },
  }, {
    onEvents(events) {
      for (const event of events) take(event);
      isInitial = false;
    },
    onClose: (error) => watch.problems.push(`closed: ${error?.message}`),
  });
  return watch;
}

describe('whatever happens', () => {
  it('who lists and watches knows what is there; the cache is what the store holds, in its order', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
      const harness = await startServerForPods();
      const { admin, store } = harness;
      for (const name of ['a', 'a-b']) {
        await admin.create('namespaces', { metadata: { name } });
        await admin.in(name).create('serviceaccounts', { metadata: { name: 'default' } });
      }
      const watches: Watch[] = [];
      const older = new Map<string, Loose>();
      for (const each of steps) {
        if (each.do === 'settle') await settle();
        else if (each.do === 'watch') {
          const { namespace } = each;
          const query = QUERIES[each.query] ?? {};
          const key = `${namespace} ${each.query}`;
          const past = older.get(key);
          // Now and then the list is an old one, so that the watch has to catch up while events wait; and now and then there is none.
          if (each.past) watches.push(follow(harness, namespace, query, past));
          else {
            const list = await admin.in(namespace).list('pods', query);
            watches.push(follow(harness, namespace, query, list));
            if (past === undefined) older.set(key, list);
          }
        } else {
          const client = admin.in(NAMESPACES[each.namespace] ?? '');
          const name = `p${each.name}`;
          const labels = { label: String('label' in each ? each.label : 0) };
          const write = each.do === 'delete' ? client.delete('pods', name, { gracePeriodSeconds: 0 })
            : each.do === 'bind' ? client.create('pods/binding', { metadata: { name }, target: { name: `node-${each.node}` } })
            : client.create('pods', simplePod(name, { labels })).catch(() => client.patch('pods', name, { metadata: { labels } }));
          const over = write.catch(() => undefined); // some do not make sense
          if (each.wait) await over;
        }
      }
      await settle();
      for (const { namespace, query, state, problems } of watches) {
        const { items } = await admin.in(namespace).list('pods', query) as Loose & { items: KubernetesObject[] };
        expect(problems).toEqual([]);
        expect([...state.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))).toEqual([...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
      }
      const { items } = await admin.in('').list('pods') as Loose & { items: KubernetesObject[] };
      const stored = await store.range({ key: '/registry/pods/', rangeEnd: prefixRangeEnd('/registry/pods/') });
      expect(items).toEqual(stored.items.map(({ value }) => value.object));
      harness.server.stop();
    }), { numRuns: 40 });
  });
});
