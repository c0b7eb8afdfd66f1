import { describe, expect, it } from 'vitest';
import { manifest, open, problems } from './check.ts';

const check = (text: string, expected: readonly string[]) => expect(problems(text)).toEqual(expected);

describe('problems in manifests', () => {
  it('finds nothing wrong with a good manifest', () => check(manifest('Deployment', `spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
          env: [{name: A, value: "1"}]
          ports: [{containerPort: 80, protocol: TCP}]
          resources: {limits: {cpu: 100m, memory: 64Mi}, requests: {cpu: 1}}
`), []));

  it('leaves YAML alone that is no manifest', () => check('version: "3"\nservices: {web: {image: [}\n', []));
  it('leaves Helm templates alone', () => check('apiVersion: v1\nkind: Pod\nmetadata: {{ toYaml .Values.meta }}\n', []));
  it('leaves kinds of groups alone that a CustomResourceDefinition may bring', () => check('apiVersion: example.com/v1\nkind: Widget\nspec: {a: 1}\n', []));

  it('knows a mistyped field and what was meant', () => check(manifest('Deployment', 'spec:\n  replica: 3\n  selector: {}\n  template: {}\n'), ['<replica> DeploymentSpec has no field "replica". Did you mean "replicas"? -> replicas']));
  it('knows an unknown field of an item of a list', () => check(manifest('Pod', 'spec:\n  containers:\n  - name: a\n    imaeg: nginx\n'), ['<imaeg> Container has no field "imaeg". Did you mean "image"? -> image']));
  it('does not suggest what is far off', () => check(manifest('Pod', 'spec:\n  containers: []\n  zzz: 1\n'), ['<zzz> PodSpec has no field "zzz"']));
  it('does not suggest a field that is there already', () => check(manifest('ConfigMap', 'data: {}\ndate: {}\n'), ['<date> ConfigMap has no field "date"']));

  it('wants whole numbers, booleans, lists and maps where they belong', () => check(manifest('Deployment', 'spec:\n  replicas: three\n  paused: "true"\n  selector: []\n  template: {spec: {containers: {name: a}}}\n'), [
    '<three> replicas must be a whole number, not the string "three"',
    '<"true"> paused must be true or false, not the string "true" -> true',
    '<[> selector must be an object (LabelSelector), not a list',
    '<{name> containers must be a list of Container, not a map',
  ]));
  it('offers quotes for a number or boolean that must be a string', () => check(manifest('Pod', 'spec:\n  containers:\n  - name: a\n    env:\n    - name: PORT\n      value: 8080\n    - {name: ENABLED, value: yes}\n'), [
    '<8080> value must be a string, not the number 8080 -> "8080"',
    '<yes> value must be a string, not true or false (yes) -> "yes"',
  ]));
  it('reads octal numbers as kubectl does', () => check(manifest('Deployment', 'spec: {replicas: 010, selector: {}, template: {}}\n'), []));
  it('takes times for strings', () => check(manifest('ConfigMap', 'data: {at: 12:30, on: 2024-01-01}\n'), []));
  it('takes null for "not set"', () => check(manifest('Deployment', 'spec: {replicas: null, selector: {}, template: {}}\n'), []));
  it('wants quantities to look like quantities', () => check(manifest('Pod', 'spec: {containers: [{name: a, resources: {limits: {memory: 64MB}}}]}\n'), ['<64MB> "64MB" is not a quantity such as 100m, 0.5, 64Mi or 1Gi']));
  it('takes a number or a string for an IntOrString', () => check(manifest('Deployment', 'spec: {selector: {}, template: {}, strategy: {maxSurge: 25%}}\n---\n' + manifest('Deployment', 'spec: {selector: {}, template: {}, strategy: {maxSurge: 1.5}}\n')), ['<1.5> maxSurge must be integer or string, not the number 1.5']));

  it('knows which values an enumeration has', () => check(manifest('Pod', 'spec: {restartPolicy: always, containers: []}\n'), ['<always> restartPolicy cannot be "always"; it is one of "Always", "OnFailure", "Never". Did you mean "Always"? -> Always']));

  it('misses required fields at the key they belong under', () => check(manifest('Deployment', 'spec:\n  replicas: 1\n'), ['<spec> DeploymentSpec.selector is missing', '<spec> DeploymentSpec.template is missing']));
  it('misses required fields of an item of a list', () => check(manifest('Pod', 'spec:\n  containers:\n  - image: nginx\n'), ['<image> Container.name is missing']));
  it('misses the name', () => check('apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {containers: []}\n', ['<metadata> metadata.name is missing']));
  it('takes generateName for a name', () => check('apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {containers: []}\n', []));

  it('knows where a kind lives', () => check('apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n', ['<v1> Deployment is in apps/v1, not in v1 -> apps/v1']));
  it('knows an old apiVersion', () => check('apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n', ['<extensions/v1beta1> There is no apiVersion "extensions/v1beta1". Did you mean "apps/v1"? -> apps/v1']));
  it('knows a mistyped kind', () => check('apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: a}\n', ['<Deploymnet> There is no kind "Deploymnet" in apps/v1. Did you mean "Deployment"? -> Deployment']));

  it('reports a key that is there twice', () => check(manifest('ConfigMap', 'data:\n  a: "1"\n  a: "2"\n'), ['<a> a is there twice']));
  it('reports YAML that does not parse, at its place', () => {
    const found = problems(manifest('ConfigMap', 'data:\n  a: "1\n'));
    expect(found.map((text) => text.replace(/<[^>]*>/s, '<>'))).toEqual(['<> Missing closing "quote']);
  });
  it('checks every document and every item of a List', () => check(`${manifest('Pod', 'spec: {containers: 1}\n')}---\n${manifest('Pod', 'spec: {container: []}\n')}---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, daat: {}}\n`, [
    '<1> containers must be a list of Container, not the number 1',
    '<container> PodSpec has no field "container". Did you mean "containers"? -> containers',
    '<spec> PodSpec.containers is missing',
    '<daat> ConfigMap has no field "daat". Did you mean "data"? -> data',
  ]));
  it('follows aliases', () => check(manifest('Pod', 'spec:\n  containers:\n  - &a {name: a, image: 1}\n  - *a\n'), [
    '<1> image must be a string, not the number 1 -> "1"', '<1> image must be a string, not the number 1 -> "1"',
  ]));

  it('parses only the document that was touched', () => {
    const { workspace } = open(`${manifest('Pod', 'spec: {containers: 1}\n')}---\n${manifest('ConfigMap', 'data: {}\n')}`);
    const before = workspace.problems('a.yaml');
    workspace.setText('a.yaml', `# moved\n---\n${manifest('Pod', 'spec: {containers: 1}\n')}---\n${manifest('ConfigMap', 'data: 1\n')}`);
    const after = workspace.problems('a.yaml');
    expect(after.map((problem) => problem.message)).toEqual(['containers must be a list of Container, not the number 1', 'data must be a map of string, not the number 1']);
    expect(after[0]?.range.start).toBe((before[0]?.range.start ?? 0) + '# moved\n---\n'.length);
  });
});
