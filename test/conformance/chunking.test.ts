import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, namesOf, startConformanceCluster } from './cluster.ts';
import { podTemplate } from './objects.ts';

let cluster: ConformanceCluster;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

const continueOf = ({ metadata }: { readonly metadata: { readonly continue?: string } }) => metadata.continue ?? '';

it('[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow] [Conformance]', async () => {
  const templates = cluster.resource('v1', 'podtemplates', await cluster.namespace());
  const names = Array.from({ length: 40 }, (_, index) => `template-${String(index).padStart(4, '0')}`);
  for (const name of names) await templates.create({ metadata: { name }, template: podTemplate({}) });
  const first = await templates.list({ limit: 10 });
  const token = continueOf(first);
  expect(namesOf(first)).toEqual(names.slice(0, 10));
  // History goes five to ten minutes after others have written.
  await templates.create({ metadata: { name: 'written-later' }, template: podTemplate({}) });
  const { status: expired } = await cluster.eventually('the token expires', async () => templates.list({ limit: 10, continue: token }).then(() => undefined, (error: unknown) => error as { status: { code: number; reason: string; metadata: { continue: string } } }), 900_000);
  expect([expired.code, expired.reason]).toEqual([410, 'Expired']);
  await templates.delete('template-0015');
  const rest: string[] = [];
  for (let next = expired.metadata.continue; next !== '';) {
    const page = await templates.list({ limit: 10, continue: next });
    expect(Number(page.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    rest.push(...namesOf(page) as string[]);
    next = continueOf(page);
  }
  expect(rest).toEqual([...names.slice(10).filter((name) => name !== 'template-0015'), 'written-later']);
});
