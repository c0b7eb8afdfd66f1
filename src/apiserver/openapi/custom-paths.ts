import type { ResourceDefinition } from '../../api/index.ts';
import { DELETE, FORCE, GET, LIST, WRITE } from './parameters.ts';
import { articleOf, maker, type Operation, required, titleOf } from './operation.ts';
import type { OpenApiObject, SchemaWriter } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const SCALE = 'io.k8s.api.autoscaling.v1.Scale';
const OBJECT = ['application/json', 'application/yaml'];
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

/** The operations on a custom resource, which are told in other details than those on built-in kinds. Kubernetes: apiextensions-apiserver/pkg/controller/openapi/builder. */
export function customOperations(definition: ResourceDefinition, writer: SchemaWriter): readonly Operation[] {
  const { group, version, kind, resource, namespaced, subresources } = definition;
  const root = `/apis/${group}/${version}`;
  const collection = `${root}/${namespaced ? 'namespaces/{namespace}/' : ''}${resource}`;
  const item = `${collection}/{name}`;
  const title = titleOf(definition);
  const named = `${namespaced ? 'Namespaced' : ''}${kind}`;
  const self = writer.custom(definition) ?? {};
  const status = required(writer, `${META}Status`);
  const make = maker(definition);
  const answers = (schema: OpenApiObject, ...codes: readonly number[]): Operation['answer'] => ({ types: OBJECT, schema, codes });
  const body = (schema: OpenApiObject): NonNullable<Operation['body']> => ({ types: OBJECT, schema, required: true });
  const patch = { types: PATCHES, schema: required(writer, `${META}Patch`), required: true };
  const list = answers(writer.listOf(definition, self), 200);
  const description = `list objects of kind ${kind}`;

  const ofItem = (path: string, schema: OpenApiObject, suffix: string, owner: string): readonly Operation[] => [
    make(path, 'get', 'get', `read${title}${named}${suffix}`, `read ${owner}`, GET, undefined, answers(schema, 200)),
    make(path, 'put', 'put', `replace${title}${named}${suffix}`, `replace ${owner}`, WRITE, body(schema), answers(schema, 200, 201)),
    make(path, 'patch', 'patch', `patch${title}${named}${suffix}`, `partially update ${owner}`, [...WRITE, FORCE], patch, answers(schema, 200)),
  ];
  return [
    make(collection, 'get', 'list', `list${title}${named}`, description, LIST, undefined, list),
    make(collection, 'post', 'post', `create${title}${named}`, `create${articleOf(kind)} ${kind}`, WRITE, body(self), answers(self, 200, 201, 202)),
    make(collection, 'delete', 'deletecollection', `delete${title}Collection${named}`, `delete collection of ${kind}`, LIST, undefined, answers(status, 200)),
    ...ofItem(item, self, '', `the specified ${kind}`),
    make(item, 'delete', 'delete', `delete${title}${named}`, `delete${articleOf(kind)} ${kind}`, DELETE, { ...body(required(writer, `${META}DeleteOptions`)), required: false }, answers(status, 200, 202)),
    ...(namespaced ? [make(`${root}/${resource}`, 'get', 'list', `list${title}${kind}ForAllNamespaces`, description, LIST, undefined, list)] : []),
    ...(subresources.some(({ name }) => name === 'status') ? ofItem(`${item}/status`, self, 'Status', `status of the specified ${kind}`) : []),
    ...(subresources.some(({ name }) => name === 'scale') ? ofItem(`${item}/scale`, required(writer, SCALE), 'Scale', `scale of the specified ${kind}`) : []),
  ];
}
