import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyServerSide, decodeBody, type KubernetesObject, type ObjectSchema, schemaOfKind, StatusError, trackUpdate } from '../../../src/api/index.ts';

const schema = schemaOfKind('apps', 'v1', 'Deployment') as ObjectSchema;
const base = { schema, apiVersion: 'apps/v1', nowMs: 1_767_323_045_000, force: false } as const;
const TIME = '2026-01-02T03:04:05Z';

interface Body {
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: { readonly containers: readonly { readonly name: string; readonly image?: string }[] } } };
}
function config(spec: object, metadata: object = {}): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop', ...metadata }, spec };
}
function bodyOf(object: KubernetesObject): Body {
  return object as unknown as Body;
}
const pod = (...containers: object[]): object => ({ template: { spec: { containers } } });
const apply = (live: KubernetesObject | undefined, applied: object, manager: string, options: object = {}): KubernetesObject => applyServerSide(live, applied, { ...base, manager, ...options });
const create = (applied: object, manager = 'kubectl-create'): KubernetesObject => trackUpdate(undefined, decodeBody(applied, schema, 'Strict').object, { ...base, manager });
const owners = (object: KubernetesObject): unknown => Object.fromEntries((object.metadata.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => [`${manager} ${operation}`, fieldsV1]));
function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error instanceof StatusError ? { code: error.code, message: error.message, details: error.status.details } : error;
  }
}

describe('managedFields after a create', () => {
  it('has what the writer set, items by key, in upstream order', () => {
    const created = create(config({ replicas: 3, selector: { matchLabels: { a: 'b' } }, ...pod({ name: 'c', image: 'i', ports: [{ containerPort: 8080 }, { containerPort: 80 }] }) }, { labels: { a: 'b' }, finalizers: ['x/y'] }));
    expect(JSON.stringify(created.metadata.managedFields)).toBe(JSON.stringify([{
      manager: 'kubectl-create', operation: 'Update', apiVersion: 'apps/v1', time: TIME, fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:finalizers': { '.': {}, 'v:"x/y"': {} }, 'f:labels': { '.': {}, 'f:a': {} } },
        'f:spec': {
          'f:replicas': {}, 'f:selector': {},
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': {
            '.': {}, 'f:image': {}, 'f:name': {},
            'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} }, 'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            'f:resources': {},
          } } } },
        },
      },
    }]));
  });
  it('passes ownership of what others change, and of nothing else', () => {
    const created = create(config({ replicas: 3, ...pod({ name: 'c', image: 'i' }) }));
    const scaled = trackUpdate(created, { ...created, spec: { ...bodyOf(created).spec, replicas: 5 } } as KubernetesObject, { ...base, manager: 'hpa', nowMs: base.nowMs + 1000 });
    expect(owners(scaled)).toEqual({
      'kubectl-create Update': { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } } } } } },
      'hpa Update': { 'f:spec': { 'f:replicas': {} } },
    });
    const status = trackUpdate(created, { ...created, status: { replicas: 1 } } as unknown as KubernetesObject, { ...base, manager: 'controller', subresource: 'status' });
    expect(status.metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource])).toEqual([['controller', 'status'], ['kubectl-create', undefined]]);
    expect(trackUpdate(created, { ...created }, { ...base, manager: 'x' }).metadata.managedFields).toBe(created.metadata.managedFields);
  });
  it('can be cleared by its client', () => {
    const created = create(config({ replicas: 3 }));
    const cleared = { ...created, metadata: { ...created.metadata, managedFields: [{}] } };
    expect(trackUpdate(created, cleared, { ...base, manager: 'x' }).metadata).toEqual({ name: 'web', namespace: 'shop' });
  });
  it('joins the oldest of more than ten updaters', () => {
    let object = create(config({ replicas: 0 }), 'm0');
    for (let count = 1; count < 15; count++) {
      const metadata = { ...object.metadata, labels: { ...object.metadata.labels, [`l${count}`]: 'x' } };
      object = trackUpdate(object, { ...object, metadata }, { ...base, manager: `m${count}`, nowMs: base.nowMs + count * 1000 });
    }
    expect(object.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['ancient-changes', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11', 'm12', 'm13', 'm14']);
  });
});

describe('server-side apply', () => {
  it('creates, and owns exactly what it was given', () => {
    const created = apply(undefined, config({ replicas: 3, ...pod({ name: 'c', image: 'i' }) }, { labels: { a: 'b' } }), 'me');
    expect(created).toEqual({
      ...config({ replicas: 3, ...pod({ name: 'c', image: 'i' }) }),
      metadata: {
        name: 'web', namespace: 'shop', labels: { a: 'b' },
        managedFields: [{
          manager: 'me', operation: 'Apply', apiVersion: 'apps/v1', time: TIME, fieldsType: 'FieldsV1',
          fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } }, 'f:spec': { 'f:replicas': {}, 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } } } },
        }],
      },
    });
  });
  it("meets others' fields with 409, one conflict or several, and takes them over by force", () => {
    const live = create(config({ replicas: 3, ...pod({ name: 'c', image: 'i' }) }), 'kubectl-client-side-apply');
    expect(refusal(() => apply(live, config({ replicas: 4 }), 'me'))).toEqual({
      code: 409, message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl-client-side-apply" using apps/v1', field: '.spec.replicas' }] },
    });
    expect(refusal(() => apply(live, config({ replicas: 4, ...pod({ name: 'c', image: 'j' }) }), 'me'))).toMatchObject({
      message: 'Apply failed with 2 conflicts: conflicts with "kubectl-client-side-apply" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name="c"].image',
    });
    const forced = apply(live, config({ replicas: 4 }), 'me', { force: true });
    expect(bodyOf(forced).spec.replicas).toBe(4);
    expect(owners(forced)).toEqual({
      'me Apply': { 'f:spec': { 'f:replicas': {} } },
      'kubectl-client-side-apply Update': { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:resources': {} } } } } } },
    });
  });
  it('shares fields that are equal, and removes what nobody applies any more', () => {
    const first = apply(undefined, config({ replicas: 3, ...pod({ name: 'a', image: 'i' }, { name: 'b', image: 'i' }) }), 'one');
    const shared = apply(first, config({ replicas: 3 }), 'two');
    const without = apply(shared, config(pod({ name: 'b', image: 'i' })), 'one');
    expect(bodyOf(without).spec).toEqual({ replicas: 3, ...pod({ name: 'b', image: 'i' }) });
    const gone = apply(without, config({ paused: true }), 'two');
    expect(bodyOf(gone).spec).toEqual({ ...pod({ name: 'b', image: 'i' }), paused: true });
  });
  it('keeps a list item that another manager owns', () => {
    const first = apply(undefined, config(pod({ name: 'a', image: 'i' })), 'one');
    const second = apply(first, config(pod({ name: 'a', command: ['x'] })), 'two');
    expect(bodyOf(apply(second, config({ replicas: 1 }), 'one')).spec).toEqual({ replicas: 1, ...pod({ name: 'a', command: ['x'] }) });
  });
  it('owns atomic values as a whole and items of sets one by one', () => {
    const first = apply(undefined, config({ selector: { matchLabels: { a: 'b' } } }, { finalizers: ['x/1'] }), 'one');
    const second = apply(first, config({}, { finalizers: ['x/2'] }), 'two');
    expect(second.metadata.finalizers).toEqual(['x/1', 'x/2']);
    expect(apply(second, config({ selector: { matchLabels: { a: 'b' } } }), 'one').metadata.finalizers).toEqual(['x/2']);
    expect(refusal(() => apply(first, config({ selector: { matchLabels: { c: 'd' } } }), 'two'))).toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "one": .spec.selector' });
  });
  it('on an object that nobody was seen to write finds before-first-apply', () => {
    const live = decodeBody(config({ replicas: 3 }), schema, 'Strict').object;
    expect(refusal(() => apply(live, config({ replicas: 4 }), 'me'))).toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas' });
  });
  it("lets kubectl go on from its own client-side apply, but not over others' changes", () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(config({ replicas: 3 })) };
    const live = create(config({ replicas: 3 }, { annotations }), 'kubectl-client-side-apply');
    expect(bodyOf(apply(live, config({ replicas: 4 }), 'kubectl')).spec.replicas).toBe(4);
    expect(refusal(() => apply(live, config({ replicas: 4 }), 'other'))).toMatchObject({ code: 409 });
    const scaled = trackUpdate(live, { ...live, spec: { ...bodyOf(live).spec, replicas: 7 } } as KubernetesObject, { ...base, manager: 'hpa' });
    expect(refusal(() => apply(scaled, config({ replicas: 4 }), 'kubectl'))).toMatchObject({ message: 'Apply failed with 1 conflict: conflict with "hpa" using apps/v1: .spec.replicas' });
  });
  it('never owns status, and refuses what the schema does not declare', () => {
    expect(owners(apply(undefined, { ...config({ replicas: 1 }), status: { replicas: 9 } }, 'me'))).toEqual({ 'me Apply': { 'f:spec': { 'f:replicas': {} } } });
    expect(refusal(() => apply(undefined, config({ foo: 1 }), 'me'))).toMatchObject({ code: 500, message: 'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema' });
    expect(refusal(() => apply(undefined, config(pod({ name: 'a' }, { name: 'a' })), 'me'))).toMatchObject({
      message: 'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="a"]',
    });
    expect(refusal(() => apply(undefined, config({}, { managedFields: [] }), 'me'))).toMatchObject({ code: 400, message: 'metadata.managedFields must be nil' });
  });

  const containers = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('x', 'y') }), { selector: ({ name }) => name });
  const configs = fc.record({ replicas: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }), labels: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')), containers })
    .map(({ replicas, labels, containers: items }) => config({ ...(replicas === undefined ? {} : { replicas }), ...(items.length === 0 ? {} : pod(...items)) }, Object.keys(labels).length === 0 ? {} : { labels }));
  it('is idempotent: the second time the very same object comes back', () => {
    fc.assert(fc.property(configs, configs, (first, second) => {
      const live = apply(apply(undefined, first, 'other'), second, 'me', { force: true });
      expect(apply(live, second, 'me', { force: true, nowMs: base.nowMs + 60_000 })).toBe(live);
    }));
  });
  it('by one manager alone leaves what it applied last, and nothing of before', () => {
    fc.assert(fc.property(configs, configs, (first, second) => {
      const live = apply(apply(undefined, first, 'me'), second, 'me');
      const fresh = apply(undefined, second, 'me');
      const { managedFields: _, ...metadata } = live.metadata;
      const { managedFields: __, ...freshMetadata } = fresh.metadata;
      const specOf = (object: KubernetesObject): object => bodyOf(object).spec ?? {};
      expect(metadata).toEqual(freshMetadata);
      expect(sortContainers(specOf(live))).toEqual(sortContainers(specOf(fresh)));
    }));
  });
});

function sortContainers(spec: object): unknown {
  const { template, ...rest } = spec as { template?: { spec: { containers: { name: string }[] } } };
  return { ...rest, containers: template?.spec.containers.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}
