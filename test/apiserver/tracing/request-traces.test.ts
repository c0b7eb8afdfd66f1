import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestTrace } from '../../../src/api/index.ts';
import { applyJsonPatch } from '../../../src/api/index.ts';
import type { WatchEvent } from '../../../src/client/index.ts';
import { jsonDifference } from '../../../src/apiserver/tracing/json-difference.ts';
import { ADMIN, type Harness, refusal, simplePod, startServerForPods } from '../harness.ts';

const TRACES = { group: 'lab.drydock.dev', version: 'v1alpha1', resource: 'requesttraces' } as const;

async function tracesOf({ request }: Harness, fieldSelector?: string): Promise<readonly RequestTrace[]> {
  const { object } = await request({ ...TRACES, verb: 'list', ...(fieldSelector === undefined ? {} : { query: { fieldSelector } }) });
  return (object as { readonly items: readonly RequestTrace[] }).items;
}

describe('request traces', () => {
  it('say who asked, why they might, what admission changed, which revision came of it and who watches', async () => {
    const harness = await startServerForPods();
    const { admin, as } = harness;
    const kubelet = as({ name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] });
    admin.watch('pods');
    admin.watch('pods');
    kubelet.watch('pods', { fieldSelector: 'spec.nodeName=node-1' });
    const pod = await admin.create('pods', simplePod('web'));
    const [trace] = await tracesOf(harness, 'spec.name=web');
    expect(trace?.spec).toEqual({ user: 'admin', groups: ADMIN.groups, verb: 'create', version: 'v1', resource: 'pods', namespace: 'default', name: 'web' });
    const { stages = [], admission = [], notified, code, revision } = trace?.status ?? {};
    expect({ code, revision, notified }).toEqual({ code: 201, revision: pod.metadata.resourceVersion, notified: [{ user: 'admin', watches: 2 }] });
    expect(stages.map(({ name }) => name)).toEqual(['authorization', 'mutating', 'validating', 'storing', 'answering']);
    expect(admission.map(({ plugin }) => plugin)).toEqual(expect.arrayContaining(['ServiceAccount', 'DefaultTolerationSeconds']));
    expect(admission.find(({ plugin }) => plugin === 'ServiceAccount')?.patch).toContainEqual({ op: 'add', path: '/spec/serviceAccountName', value: 'default' });
  });

  it('keep refusals with their reason, and never a value of a Secret', async () => {
    const harness = await startServerForPods();
    const { admin, as } = harness;
    expect(await refusal(as({ name: 'eve', groups: [] }).get('secrets', 'gold'))).toMatch(/^403/);
    await admin.create('secrets', { metadata: { name: 'gold' }, data: { key: 'aHVudGVyMg==' } });
    const traces = await tracesOf(harness, 'spec.resource=secrets');
    expect(traces.map(({ spec, status }) => [spec.user, spec.verb, status.code, status.reason])).toEqual([['eve', 'get', 403, 'Forbidden'], ['admin', 'create', 201, undefined]]);
    expect(JSON.stringify(await tracesOf(harness))).not.toContain('aHVudGVyMg');
  });

  it('can be watched, without a word about the watching', async () => {
    const harness = await startServerForPods();
    const events: WatchEvent[] = [];
    const { world, admin } = harness;
    const watch = harness.server.watch(ADMIN, { ...TRACES, query: { fieldSelector: 'spec.resource=configmaps' } }, { onEvents: (batch) => events.push(...batch), onClose: () => undefined });
    await admin.create('configmaps', { metadata: { name: 'a' } });
    await tracesOf(harness);
    await world.clock.advance(1);
    watch.dispose();
    await admin.create('configmaps', { metadata: { name: 'b' } });
    await world.clock.advance(1);
    expect(events.map(({ type, object }) => [type, (object as RequestTrace).spec.name])).toEqual([['ADDED', 'a']]);
    expect((await tracesOf(harness)).filter(({ spec }) => spec.group === TRACES.group)).toEqual([]);
  });

  it('are the latest thousand, each found by its number', async () => {
    const harness = await startServerForPods();
    for (let index = 0; index < 1100; index++) await harness.admin.get('serviceaccounts', 'default');
    const traces = await tracesOf(harness);
    expect(traces).toHaveLength(1000);
    const last = traces.at(-1);
    expect((await harness.request({ ...TRACES, verb: 'get', name: last?.metadata.name ?? '' })).object).toBe(last);
    expect(await refusal(harness.request({ ...TRACES, verb: 'get', name: '0000000001' }))).toBe('404 NotFound: requesttraces.lab.drydock.dev "0000000001" not found');
    expect(await refusal(harness.request({ ...TRACES, verb: 'delete', name: '0000000001' }))).toMatch(/^405 MethodNotAllowed/);
  });
});

describe('jsonDifference', () => {
  it('makes the after of the before', () => {
    const json = fc.dictionary(fc.constantFrom('a', 'b', 'c/d', '~', 'list'), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true });
    fc.assert(fc.property(json, json, (before, after) => {
      expect(applyJsonPatch(before, jsonDifference(before, after))).toEqual(after);
    }));
  });
});
