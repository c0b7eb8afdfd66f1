import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, type ObjectSchema, schemaOfKind, StatusError } from '../../../src/api/index.ts';

const deployments = schemaOfKind('apps', 'v1', 'Deployment') as ObjectSchema;
const pods = schemaOfKind('', 'v1', 'Pod') as ObjectSchema;

function refusal(run: () => unknown): string {
  try {
    return JSON.stringify(run());
  } catch (error) {
    return error instanceof StatusError ? `${error.code} ${error.reason} ${error.message}` : `not a StatusError: ${String(error)}`;
  }
}
const json = fc.jsonValue({ maxDepth: 3 });
const jsonObject = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), json);

describe('a JSON patch', () => {
  const object = { metadata: { labels: { a: '1', 'x/y~z': '2' } }, spec: { list: [1, 2, 3], other: {} } };
  it('adds, removes, replaces, moves, copies and tests, and shares what it does not touch', () => {
    const result = applyJsonPatch(object, [
      { op: 'test', path: '/metadata/labels/a', value: '1' },
      { op: 'replace', path: '/metadata/labels/x~1y~0z', value: '3' },
      { op: 'add', path: '/spec/list/1', value: 9 },
      { op: 'add', path: '/spec/list/-', value: 4 },
      { op: 'remove', path: '/spec/list/-1' },
      { op: 'move', from: '/metadata/labels/a', path: '/metadata/labels/b' },
      { op: 'copy', from: '/spec/list', path: '/spec/copy' },
    ]);
    expect(result).toEqual({ metadata: { labels: { 'x/y~z': '3', b: '1' } }, spec: { list: [1, 9, 2, 3], other: {}, copy: [1, 9, 2, 3] } });
    expect(result.spec.other).toBe(object.spec.other);
    expect(object.spec.list).toEqual([1, 2, 3]);
  });
  it("that does not apply is 422 with upstream's text; what is no patch is 400", () => {
    const rejected = '422 Invalid the server rejected our request due to an error in our request';
    const patches = [
      [{ op: 'test', path: '/spec/list', value: [] }], [{ op: 'remove', path: '/spec/none' }], [{ op: 'add', path: '/none/x', value: 1 }],
      [{ op: 'add', path: '/spec/list/9', value: 1 }], [{ op: 'add', path: '/spec/list/01', value: 1 }], [{ op: 'frob', path: '/spec' }], [{ op: 'add', path: 'spec', value: 1 }], [null],
      [{ op: 'replace', path: '', value: [] }], [{ op: 'remove', path: '/constructor' }],
    ];
    expect(patches.map((patch) => refusal(() => applyJsonPatch(object, patch)))).toEqual(patches.map(() => rejected));
    expect(refusal(() => applyJsonPatch(object, {}))).toBe('400 BadRequest error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp');
    expect(refusal(() => applyJsonPatch(object, new Array(10_001).fill({ op: 'test', path: '' })))).toBe('413 RequestEntityTooLarge Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001');
  });
});

describe('a merge patch', () => {
  it('does what RFC 7386 says in its own examples', () => {
    const examples: readonly (readonly [object: object, patch: object, result: object])[] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }], [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [{ e: null }, { a: 1 }, { e: null, a: 1 }], [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    expect(examples.map(([object, patch]) => applyMergePatch(object, patch))).toEqual(examples.map(([, , result]) => result));
  });
  it('applied twice does no more, and then gives back the same object', () => {
    fc.assert(fc.property(jsonObject, jsonObject, (object, patch) => {
      const once = applyMergePatch(object, patch);
      expect(applyMergePatch(once, patch)).toEqual(once);
    }));
    const object = { a: { b: 1 }, c: [1] };
    expect(applyMergePatch(object, { a: { b: 1 } })).toBe(object);
  });
  it('must be an object and must not nest without end', () => {
    expect(refusal(() => applyMergePatch({}, []))).toBe('400 BadRequest error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}');
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { a: deep };
    expect(refusal(() => applyMergePatch({}, deep))).toBe('400 BadRequest error decoding patch: exceeded max depth');
    expect(refusal(() => applyStrategicMergePatch({}, deep, pods))).toBe('400 BadRequest error decoding patch: exceeded max depth');
  });
});

describe('a strategic merge patch', () => {
  const spec = {
    replicas: 3, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
    template: { spec: { containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }, { name: 'Y', value: '2' }] }, { name: 'b', image: 'b:1' }], volumes: [{ name: 'v', emptyDir: {} }], tolerations: [{ key: 'k' }] } },
  };
  const object = { metadata: { name: 'web', finalizers: ['f1', 'f2'] }, spec };
  const patchPod = (pod: object): unknown => applyStrategicMergePatch(object, { spec: { template: { spec: pod } } }, deployments).spec.template.spec;

  it('merges lists by their merge keys and replaces atomic ones', () => {
    expect(patchPod({ containers: [{ name: 'a', image: 'a:2', env: [{ name: 'X', value: '9' }] }], tolerations: [{ key: 'z' }] })).toEqual({
      ...spec.template.spec, tolerations: [{ key: 'z' }],
      containers: [{ name: 'a', image: 'a:2', env: [{ name: 'X', value: '9' }, { name: 'Y', value: '2' }] }, { name: 'b', image: 'b:1' }],
    });
  });
  it('deletes and replaces with $patch', () => {
    expect(patchPod({ containers: [{ name: 'a', $patch: 'delete' }], volumes: [{ $patch: 'replace' }, { name: 'w' }] })).toEqual({
      ...spec.template.spec, containers: [{ name: 'b', image: 'b:1' }], volumes: [{ name: 'w' }],
    });
    expect(applyStrategicMergePatch(object, { spec: { strategy: { $patch: 'replace', type: 'Recreate' } } }, deployments).spec.strategy).toEqual({ type: 'Recreate' });
    expect(applyStrategicMergePatch(object, { spec: { strategy: { $patch: 'delete' } } }, deployments).spec.strategy).toEqual({});
  });
  it('orders with $setElementOrder: named items as it says, others where they were', () => {
    const order = (names: readonly string[], ...containers: object[]): unknown =>
      (patchPod({ '$setElementOrder/containers': names.map((name) => ({ name })), containers }) as { containers: { name: string }[] }).containers.map(({ name }) => name);
    expect(order(['b', 'a'])).toEqual(['b', 'a']);
    expect(order(['c', 'a'], { name: 'c' })).toEqual(['c', 'a', 'b']);
    expect(order(['b', 'c'], { name: 'c' })).toEqual(['a', 'b', 'c']);
    expect(refusal(() => order(['c'], { name: 'a' }))).toBe('400 BadRequest The order in patch list:\n[{"name":"a"}]\n doesn\'t match $setElementOrder list:\n[{"name":"c"}]\n');
  });
  it('keeps only what $retainKeys names, and deletes from lists of scalars', () => {
    expect(applyStrategicMergePatch(object, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, deployments).spec.strategy).toEqual({ type: 'Recreate' });
    expect(patchPod({ volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' }, emptyDir: null }] })).toEqual({ ...spec.template.spec, volumes: [{ name: 'v', configMap: { name: 'c' } }] });
    expect(applyStrategicMergePatch(object, { metadata: { '$deleteFromPrimitiveList/finalizers': ['f1'], finalizers: ['f3'], '$setElementOrder/finalizers': ['f2', 'f3'] } }, deployments).metadata.finalizers).toEqual(['f2', 'f3']);
  });
  it('leaves no directive behind where it meets nothing', () => {
    expect(applyStrategicMergePatch({ metadata: { name: 'p' } }, {
      metadata: { labels: { a: 'b', c: null } },
      spec: { '$setElementOrder/volumes': [{ name: 'v' }], volumes: [{ name: 'v', $retainKeys: ['name'] }, { name: 'w', $patch: 'delete' }], '$deleteFromPrimitiveList/x': ['y'], affinity: { $patch: 'delete' } },
    }, pods)).toEqual({ metadata: { name: 'p', labels: { a: 'b' } }, spec: { volumes: [{ name: 'v' }], affinity: {} } });
  });
  it('is refused where its directives make no sense', () => {
    expect([
      { spec: { strategy: { $patch: 'frob', a: 1 } } }, { spec: { strategy: { $retainKeys: 'type' } } }, { spec: { strategy: { $retainKeys: [], type: 'x' } } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': 'f1' } }, { metadata: { '$setElementOrder/finalizers': {} } }, { spec: { template: { spec: { containers: [{ image: 'x' }] } } } },
    ].map((patch) => refusal(() => applyStrategicMergePatch(object, patch, deployments)))).toEqual([
      '400 BadRequest unknown patch type: frob in map: map[$patch:frob a:1]', '400 BadRequest invalid patch format of retainKeys', '400 BadRequest invalid patch format of retainKeys',
      '400 BadRequest invalid patch format of primitive list', '400 BadRequest invalid patch format of setElementOrder list', '500  map: map[image:x] does not contain declared merge key: name',
    ]);
  });

  const containers = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), image: fc.constantFrom('x', 'y') }), { selector: ({ name }) => name, minLength: 1 });
  it('applied twice does no more than once; every item of both lists is there once; the patch wins', () => {
    fc.assert(fc.property(containers, containers, (live, change) => {
      const patch = { spec: { containers: change } };
      const once = applyStrategicMergePatch({ spec: { containers: live } }, patch, pods);
      expect(applyStrategicMergePatch(once, patch, pods)).toEqual(once);
      const byName = new Map(once.spec.containers.map((container) => [container.name, container]));
      expect([...byName.keys()].sort()).toEqual([...new Set([...live, ...change].map(({ name }) => name))].sort());
      expect(once.spec.containers.length).toBe(byName.size);
      for (const container of change) expect(byName.get(container.name)).toEqual(container);
    }));
  });
  it('with an order gives the named items in that order', () => {
    fc.assert(fc.property(containers, containers, (live, change) => {
      const names = change.map(({ name }) => name);
      const patch = { spec: { '$setElementOrder/containers': names.map((name) => ({ name })), containers: change } };
      const result = applyStrategicMergePatch({ spec: { containers: live } }, patch, pods).spec.containers.map(({ name }) => name);
      expect(result.filter((name) => names.includes(name))).toEqual(names);
      const others = live.map(({ name }) => name).filter((name) => !names.includes(name));
      expect(result.filter((name) => !names.includes(name))).toEqual(others);
    }));
  });
});
