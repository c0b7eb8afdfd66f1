/** A CustomResourceDefinition: of one or more versions, the last one is stored. */
export function customResourceDefinition(kind: string, group: string, schema: object = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, versions: readonly string[] = ['v1']) {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${singular}s.${group}` },
    spec: {
      group, scope: 'Namespaced', names: { plural: `${singular}s`, singular, kind, listKind: `${kind}List` },
      versions: versions.map((name, index) => ({ name, served: true, storage: index === versions.length - 1, schema: { openAPIV3Schema: schema } })),
    },
  };
}

const BARS = {
  description: 'List of Bars and their specs.', type: 'array', items: {
    type: 'object', required: ['name'], properties: {
      name: { type: 'string', description: 'Name of Bar.' }, age: { type: 'string', description: 'Age of Bar.' },
      feeling: { type: 'string', description: 'Whether Bar is feeling great.', enum: ['Great', 'Down'] },
    },
  },
};

export const FOO_SCHEMA = {
  description: 'Foo CRD for Testing', type: 'object', properties: {
    spec: { type: 'object', description: 'Specification of Foo', properties: { bars: BARS } },
    status: { type: 'object', description: 'Status of Foo', properties: { bars: { ...BARS, items: { ...BARS.items, required: undefined } } } },
  },
};

export const WALDO_SCHEMA = { description: 'Waldo CRD for Testing', type: 'object', properties: { spec: { type: 'object', description: 'Specification of Waldo', properties: { dummy: { type: 'string' } } } } };
