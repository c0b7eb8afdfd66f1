import type { ResourceDefinition, SubresourceDefinition } from '../../api/index.ts';
import { schemaOfKind } from '../../api/index.ts';
import { customOperations } from './custom-paths.ts';
import { articleOf, capital, type Make, maker, type Method, OBJECT, type Operation, required, titleOf } from './operation.ts';
import { DELETE, DELETE_COLLECTION, FORCE, LIST, optionsParameters, WRITE } from './parameters.ts';
import type { OpenApiObject, SchemaWriter } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

const ANY = ['*/*'];
const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'];
const TEXT: OpenApiObject = { type: 'string' };

/** What a deleted object of these groups is answered with: itself. Kubernetes: registry.Store, ReturnDeletedObject. */
const ANSWERED_WHEN_DELETED: Readonly<Record<string, readonly string[] | 'all'>> = {
  '': ['PersistentVolumeClaim', 'Pod', 'PodTemplate', 'ResourceQuota', 'ServiceAccount', 'Service', 'PersistentVolume'],
  'resource.k8s.io': 'all',
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass'],
};

/** The operations on a resource and its subresources, with the schemas that they need written to writer. Kubernetes: apiserver/pkg/endpoints/installer.go. */
export function operationsOf(definition: ResourceDefinition, writer: SchemaWriter): readonly Operation[] {
  if (definition.custom !== undefined) return customOperations(definition, writer);
  const { group, version, kind, resource, namespaced, verbs } = definition;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespaced ? 'namespaces/{namespace}/' : '';
  const collection = `${root}/${scope}${resource}`;
  const item = `${collection}/{name}`;
  const title = titleOf(definition);
  const named = `${namespaced ? 'Namespaced' : ''}${kind}`;
  // A kind of which no schema is known is any object.
  const self = writer.reference(definition.schema) ?? { type: 'object' };
  const list = verbs.includes('list') ? writer.reference(`${definition.schema}List`) ?? writer.listOf(definition, self) : self;
  const plain = OBJECT;
  const streamed = [...OBJECT, ...STREAMS];
  const make = maker(definition);
  const has = (verb: string): boolean => verbs.includes(verb);
  const article = articleOf(kind);

  const operations: Operation[] = [];
  const write = { types: ANY, schema: self, required: true };
  const options = (): NonNullable<Operation['body']> => ({ types: ANY, schema: required(writer, `${META}DeleteOptions`), required: false });
  const patch = (): NonNullable<Operation['body']> => ({ types: PATCHES, schema: required(writer, `${META}Patch`), required: true });
  const or = has('watch') ? 'list or watch' : 'list';
  if (has('list')) operations.push(make(collection, 'get', 'list', `list${title}${named}`, `${or} objects of kind ${kind}`, LIST, undefined, { types: streamed, schema: list, codes: [200] }));
  if (has('create')) operations.push(make(collection, 'post', 'post', `create${title}${named}`, `create${article} ${kind}`, WRITE, write, { types: plain, schema: self, codes: [200, 201, 202] }));
  if (has('deletecollection')) {
    operations.push(make(collection, 'delete', 'deletecollection', `delete${title}Collection${named}`, `delete collection of ${kind}`, DELETE_COLLECTION, options(), { types: plain, schema: required(writer, `${META}Status`), codes: [200] }));
  }
  if (has('get')) operations.push(make(item, 'get', 'get', `read${title}${named}`, `read the specified ${kind}`, [], undefined, { types: plain, schema: self, codes: [200] }));
  if (has('update')) operations.push(make(item, 'put', 'put', `replace${title}${named}`, `replace the specified ${kind}`, WRITE, write, { types: plain, schema: self, codes: [200, 201] }));
  if (has('patch')) operations.push(make(item, 'patch', 'patch', `patch${title}${named}`, `partially update the specified ${kind}`, [...WRITE, FORCE], patch(), { types: plain, schema: self, codes: [200, 201] }));
  if (has('delete')) {
    const answered = ANSWERED_WHEN_DELETED[group];
    const answer = answered === 'all' || answered?.includes(kind) === true ? self : required(writer, `${META}Status`);
    operations.push(make(item, 'delete', 'delete', `delete${title}${named}`, `delete${article} ${kind}`, DELETE, options(), { types: plain, schema: answer, codes: [200, 202] }));
  }
  if (namespaced && has('list')) {
    operations.push(make(`${root}/${resource}`, 'get', 'list', `list${title}${kind}ForAllNamespaces`, `${or} objects of kind ${kind}`, LIST, undefined, { types: streamed, schema: list, codes: [200] }));
  }
  if (has('watch')) {
    const answer = { types: streamed, schema: required(writer, `${META}WatchEvent`), codes: [200] };
    const ofList = `watch individual changes to a list of ${kind}. deprecated: use the 'watch' parameter with a list operation instead.`;
    const ofItem = `watch changes to an object of kind ${kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`;
    operations.push(make(`${root}/watch/${scope}${resource}`, 'get', 'watchlist', `watch${title}${named}List`, ofList, LIST, undefined, answer));
    operations.push(make(`${root}/watch/${scope}${resource}/{name}`, 'get', 'watch', `watch${title}${named}`, ofItem, LIST, undefined, answer));
    if (namespaced) operations.push(make(`${root}/watch/${resource}`, 'get', 'watchlist', `watch${title}${kind}ListForAllNamespaces`, ofList, LIST, undefined, answer));
  }
  for (const subresource of definition.subresources) operations.push(...subresourceOperations(definition, subresource, item, writer, { self, patch }));
  return operations;
}

interface Parts {
  readonly self: OpenApiObject;
  patch(): NonNullable<Operation['body']>;
}

function subresourceOperations(definition: ResourceDefinition, subresource: SubresourceDefinition, item: string, writer: SchemaWriter, { self, patch }: Parts): readonly Operation[] {
  const { name, kind, verbs } = subresource;
  const of = { group: subresource.group ?? definition.group, version: subresource.version ?? definition.version, kind };
  const make = maker(definition, of);
  const plain = OBJECT;
  const title = titleOf(definition);
  const named = `${definition.namespaced ? 'Namespaced' : ''}${definition.kind}${capital(name)}`;
  const path = `${item}/${name}`;
  if (kind.endsWith('Options')) return connections(definition, subresource, path, title, named, make);
  if (name === 'log') {
    return [make(path, 'get', 'get', `read${title}${named}`, `read log of the specified ${definition.kind}`, optionsParameters('PodLogOptions'), undefined, { types: ['text/plain', ...plain], schema: TEXT, codes: [200] })];
  }
  const schema = kind === definition.kind ? undefined : schemaOfKind(of.group, of.version, kind)?.name;
  const answer = schema === undefined ? self : required(writer, schema);
  const body = { types: ANY, schema: answer, required: true };
  const operations: Operation[] = [];
  const owner = `of the specified ${definition.kind}`;
  if (verbs.includes('get')) operations.push(make(path, 'get', 'get', `read${title}${named}`, `read ${name} ${owner}`, [], undefined, { types: plain, schema: answer, codes: [200] }));
  if (verbs.includes('update')) operations.push(make(path, 'put', 'put', `replace${title}${named}`, `replace ${name} ${owner}`, WRITE, body, { types: plain, schema: answer, codes: [200, 201] }));
  if (verbs.includes('create')) operations.push(make(path, 'post', 'post', `create${title}${named}`, `create ${name} of${articleOf(definition.kind)} ${definition.kind}`, WRITE, body, { types: plain, schema: answer, codes: [200, 201, 202] }));
  if (verbs.includes('patch')) operations.push(make(path, 'patch', 'patch', `patch${title}${named}`, `partially update ${name} ${owner}`, [...WRITE, FORCE], patch(), { types: plain, schema: answer, codes: [200, 201] }));
  return operations;
}

const METHODS_OF_PROXY: readonly Method[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const METHODS_OF_STREAM: readonly Method[] = ['get', 'post'];

function connections(definition: ResourceDefinition, { name, kind }: SubresourceDefinition, path: string, title: string, named: string, make: Make): readonly Operation[] {
  const parameters = optionsParameters(kind);
  const answer = { types: ANY, schema: TEXT, codes: [200] };
  const paths = name === 'proxy' ? [[path, ''], [`${path}/{path}`, 'WithPath']] as const : [[path, '']] as const;
  return paths.flatMap(([at, suffix]) => (name === 'proxy' ? METHODS_OF_PROXY : METHODS_OF_STREAM).map((method) =>
    make(at, method, 'connect', `connect${title}${capital(method)}${named}${suffix}`, `connect ${method.toUpperCase()} requests to ${name} of ${definition.kind}`, parameters, undefined, answer)));
}
