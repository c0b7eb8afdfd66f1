import { describe, expect, it } from 'vitest';
import { stringifyObject } from '../../src/language/index.ts';
import { manifest, open } from './check.ts';

describe('the manifests of a file', () => {
  it('come in order with their header, title and body; other documents are left out', () => {
    const text = `# two\n---\n${manifest('ConfigMap', 'data: {a: "1"}\n')}---\nfoo: 1\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: team}\n`;
    const found = open(text).workspace.manifests(text);
    expect(found.map(({ index, header, titleRange, body }) => ({ index, header, title: text.slice(titleRange.start, titleRange.end), body }))).toEqual([
      { index: 1, header: { apiVersion: 'v1', kind: 'ConfigMap', name: 'web' }, title: 'apiVersion', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web' }, data: { a: '1' } } },
      { index: 3, header: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'team' }, title: 'apiVersion', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'team' } } },
    ]);
  });
  it('of a List are its items', () => {
    const text = 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n';
    expect(open(text).workspace.manifests(text).map(({ header }) => header.name)).toEqual(['a', 'b']);
  });
  it('say why they do not parse', () => {
    const text = manifest('Pod', 'spec: [\n');
    expect(open(text).workspace.manifests(text).map(({ header, body, problem }) => ({ header, body, hasProblem: problem !== undefined }))).toEqual([
      { header: { apiVersion: 'v1', kind: 'Pod', name: 'web' }, body: undefined, hasProblem: true },
    ]);
  });
  it('are read as kubectl reads them', () => {
    const text = manifest('ConfigMap', 'data: {mode: 0644, enabled: yes, at: 12:30, day: 2024-01-01, <<: {merged: "1"}}\n');
    expect(open(text).workspace.manifests(text)[0]?.body?.['data']).toEqual({ mode: 420, enabled: true, at: '12:30', day: '2024-01-01', merged: '1' });
  });
});

describe('an object as YAML', () => {
  it('is written as kubectl writes it', () => {
    expect(stringifyObject({ kind: 'ConfigMap', data: { script: 'a\nb\n', yes: 'yes', port: '8080', empty: {} }, items: [{ name: 'a', list: ['x'] }], none: [] })).toBe(`kind: ConfigMap
data:
  script: |
    a
    b
  "yes": "yes"
  port: "8080"
  empty: {}
items:
- name: a
  list:
  - x
none: []
`);
  });
});
