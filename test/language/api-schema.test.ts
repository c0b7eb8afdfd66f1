import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/root.ts';
import { loadApiSchema } from '../../src/language/api-schema.ts';
import { snippets, withCustomKinds } from '../../src/language/index.ts';
import { open, problems } from './check.ts';

const schema = loadApiSchema();
/** A snippet as it stands when the user accepts every default. */
const plain = (text: string) => text.replace(/\$\{\d+:([^}]*)\}/g, '$1').replace(/\$\d+/g, '');

describe('the schema of the API server, in the editor', () => {
  it('knows the kinds that people write, in stable versions', () => {
    const kinds = new Set(schema.kinds.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`));
    for (const known of ['v1 Pod', 'apps/v1 Deployment', 'batch/v1 CronJob', 'networking.k8s.io/v1 Ingress', 'rbac.authorization.k8s.io/v1 Role', 'autoscaling/v2 HorizontalPodAutoscaler', 'apiextensions.k8s.io/v1 CustomResourceDefinition']) expect(kinds).toContain(known);
    expect([...kinds].filter((kind) => /alpha|beta|List$|Status$/.test(kind))).toEqual([]);
  });

  for (const { kind, text } of snippets) it(`finds nothing wrong with the snippet ${kind}`, () => expect(problems(plain(text), schema)).toEqual([]));

  for (const file of readdirSync(path.join(root, 'lessons'), { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('files') && /\.ya?ml$/.test(name))) {
    it(`finds nothing wrong with the lessons' ${file}`, () => expect(problems(readFileSync(path.join(root, 'lessons', file), 'utf8'), schema)).toEqual([]));
  }

  it('explains fields in the API reference\u2019s words', async () => {
    const { workspace, offset } = open('apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    im|age: b\n', schema);
    expect((await workspace.hover('a.yaml', offset))?.markdown).toMatch(/^\*\*image\*\* `string`\n\nContainer image name\. More info: .*\n\n`kubectl explain pod\.spec\.containers\.image`$/);
  });

  it('checks values that the API limits', () => {
    expect(problems('apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: Nodeport, ports: [{port: 80, protocol: tcp}]}\n', schema)).toEqual([
      '<Nodeport> type cannot be "Nodeport"; it is one of "ClusterIP", "ExternalName", "LoadBalancer", "NodePort". Did you mean "NodePort"? -> NodePort',
      '<tcp> protocol cannot be "tcp"; it is one of "SCTP", "TCP", "UDP". Did you mean "TCP"? -> TCP',
    ]);
  });
});

describe('kinds of CustomResourceDefinitions', () => {
  const withWidgets = withCustomKinds(schema, [
    { apiVersion: 'example.com/v1', kind: 'Widget', schema: { type: 'object', properties: { spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer', description: 'How big it is.' }, colour: { type: 'string', enum: ['red', 'blue'] }, any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } } } },
    { apiVersion: 'example.com/v1', kind: 'Loose' },
  ]);
  const widget = (spec: string) => `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: ${spec}\n`;

  it('are checked by their own schema', () => {
    expect(problems(widget('{size: 3, colour: red, any: {x: 1}}'), withWidgets)).toEqual([]);
    expect(problems(widget('{colour: green, sise: 1}'), withWidgets)).toEqual([
      '<green> colour cannot be "green"; it is one of "red", "blue"',
      '<sise> spec has no field "sise". Did you mean "size"? -> size',
      '<spec> spec.size is missing',
    ]);
  });
  it('take any field where they have none', () => expect(problems('apiVersion: example.com/v1\nkind: Loose\nmetadata: {name: a}\nx: 1\n', withWidgets)).toEqual([]));
  it('explain themselves', async () => {
    const { workspace, offset } = open(widget('{si|ze: 3}'), withWidgets);
    expect((await workspace.hover('a.yaml', offset))?.markdown).toBe('**size** `integer` — required\n\nHow big it is.\n\n`kubectl explain widget.spec.size`');
  });
});
