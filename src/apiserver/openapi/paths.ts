import type { ResourceDefinition, SubresourceDefinition } from '../../api/index.ts';
import { schemaOfKind } from '../../api/index.ts';
import type { OpenApiObject, SchemaWriter } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** One operation of a path, before it is written for a version of OpenAPI. */
export interface Operation {
  readonly path: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly action: string;
  readonly operationId: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly parameters: readonly Parameter[];
  readonly bodyTypes: readonly string[];
  readonly body: OpenApiObject | undefined;
  readonly answer: OpenApiObject | undefined;
  readonly codes: readonly number[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({ name, in: 'query', type, description });

const PRETTY = query('pretty', 'string', "If 'true', then the output is pretty printed.");
const DRY_RUN = query('dryRun', 'string', 'When present, indicates that modifications should not be persisted. Valid values are: All.');
const FIELD_MANAGER = query('fieldManager', 'string', 'The name of the actor or entity that is making these changes.');
const FIELD_VALIDATION = query('fieldValidation', 'string', 'What the server does with unknown or duplicate fields: Ignore, Warn or Strict.');
const FORCE = query('force', 'boolean', 'Takes over fields that other managers own. Only for apply patch requests.');
const WRITE = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION] as const;
const LIST = [
  query('allowWatchBookmarks', 'boolean', 'Asks for watch events of type BOOKMARK.'),
  query('continue', 'string', 'The continue token of a list that was answered in part.'),
  query('fieldSelector', 'string', 'Restricts the objects by their fields.'),
  query('labelSelector', 'string', 'Restricts the objects by their labels.'),
  query('limit', 'integer', 'The maximum number of objects in one answer.'),
  query('resourceVersion', 'string', 'Constrains which resource versions the answer may be of.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is applied to a list.'),
  query('sendInitialEvents', 'boolean', 'Starts a watch with events for the objects that are there.'),
  query('timeoutSeconds', 'integer', 'Ends the list or watch after this time.'),
  query('watch', 'boolean', 'Watches for changes instead of listing.'),
];
const DELETE = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'The time that the object gets before it is deleted; 0 deletes at once.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', "What happens to dependents: 'Orphan', 'Background' or 'Foreground'."),
];
const NAME: Parameter = { name: 'name', in: 'path', type: 'string', description: 'The name of the object.' };
const NAMESPACE: Parameter = { name: 'namespace', in: 'path', type: 'string', description: 'The namespace of the object.' };

const OBJECT_BODY = ['*/*'];
const PATCH_BODY = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];

/** The operations on a resource and its subresources, with the schemas that they need written to writer. */
export function operationsOf(definition: ResourceDefinition, writer: SchemaWriter): readonly Operation[] {
  const root = definition.group === '' ? `/api/${definition.version}` : `/apis/${definition.group}/${definition.version}`;
  const collection = `${root}/${definition.namespaced ? 'namespaces/{namespace}/' : ''}${definition.resource}`;
  const scope = definition.namespaced ? [NAMESPACE] : [];
  const self = writer.reference(definition.schema);
  const list = listReference(definition, writer) ?? self;
  const kind = { group: definition.group, version: definition.version, kind: definition.kind };
  const suffix = `${titleOf(definition)}${definition.namespaced ? 'Namespaced' : ''}${definition.kind}`;
  const has = (verb: string): boolean => definition.verbs.includes(verb);
  const make = (
    path: string, method: Operation['method'], action: string, verb: string, parameters: readonly Parameter[],
    body: OpenApiObject | undefined, answer: OpenApiObject | undefined, codes: readonly number[], bodyTypes = OBJECT_BODY,
  ): Operation => ({
    path, method, action, operationId: `${verb}${suffix}`, kind, parameters: [...scopeOf(path), ...parameters, PRETTY], body, answer, codes, bodyTypes,
  });
  const scopeOf = (path: string): readonly Parameter[] => [...(path.endsWith('{name}') ? [NAME] : []), ...(path.includes('{namespace}') ? scope : [])];

  const item = `${collection}/{name}`;
  const operations: Operation[] = [];
  if (has('list')) operations.push(make(collection, 'get', 'list', 'list', LIST, undefined, list, [200]));
  if (has('create')) operations.push(make(collection, 'post', 'post', 'create', WRITE, self, self, [200, 201, 202]));
  if (has('deletecollection')) operations.push(make(collection, 'delete', 'deletecollection', 'deleteCollection', [...DELETE, ...LIST], writer.reference(`${META}DeleteOptions`), writer.reference(`${META}Status`), [200]));
  if (has('get')) operations.push(make(item, 'get', 'get', 'read', [], undefined, self, [200]));
  if (has('update')) operations.push(make(item, 'put', 'put', 'replace', WRITE, self, self, [200, 201]));
  if (has('patch')) operations.push(make(item, 'patch', 'patch', 'patch', [...WRITE, FORCE], writer.reference(`${META}Patch`), self, [200, 201], PATCH_BODY));
  if (has('delete')) operations.push(make(item, 'delete', 'delete', 'delete', DELETE, writer.reference(`${META}DeleteOptions`), writer.reference(`${META}Status`), [200, 202]));
  if (definition.namespaced && has('list')) {
    const all = make(`${root}/${definition.resource}`, 'get', 'list', 'list', LIST, undefined, list, [200]);
    operations.push({ ...all, operationId: `list${titleOf(definition)}${definition.kind}ForAllNamespaces` });
  }
  for (const subresource of definition.subresources) operations.push(...subresourceOperations(definition, subresource, item, scope, writer));
  return operations;
}

const SUBRESOURCE_METHODS: Readonly<Record<string, readonly [method: Operation['method'], action: string, name: string]>> = {
  get: ['get', 'get', 'read'], create: ['post', 'post', 'create'], update: ['put', 'put', 'replace'], patch: ['patch', 'patch', 'patch'], delete: ['delete', 'delete', 'delete'],
};

function subresourceOperations(
  definition: ResourceDefinition, subresource: SubresourceDefinition, item: string, scope: readonly Parameter[], writer: SchemaWriter,
): readonly Operation[] {
  const kind = { group: subresource.group ?? definition.group, version: subresource.version ?? definition.version, kind: subresource.kind };
  const schema = subresource.kind === definition.kind ? definition.schema : schemaOfKind(kind.group, kind.version, kind.kind)?.name;
  const self = schema === undefined ? undefined : writer.reference(schema);
  const title = `${titleOf(definition)}${definition.namespaced ? 'Namespaced' : ''}${definition.kind}${capital(subresource.name)}`;
  return subresource.verbs.flatMap((verb) => {
    const [method, action, name] = SUBRESOURCE_METHODS[verb] ?? [];
    if (method === undefined || action === undefined) return [];
    const writes = method !== 'get' && method !== 'delete';
    return [{
      path: `${item}/${subresource.name}`, method, action: self === undefined ? 'connect' : action, operationId: `${name}${title}`, kind,
      parameters: [NAME, ...scope, ...(writes && self !== undefined ? WRITE : []), ...(method === 'patch' ? [FORCE] : []), PRETTY],
      body: method === 'patch' ? writer.reference(`${META}Patch`) : writes ? self : undefined,
      bodyTypes: method === 'patch' ? PATCH_BODY : OBJECT_BODY,
      answer: self, codes: method === 'post' ? [200, 201, 202] : method === 'get' ? [200] : [200, 201],
    }];
  });
}

function listReference(definition: ResourceDefinition, writer: SchemaWriter): OpenApiObject | undefined {
  return definition.verbs.includes('list') ? writer.reference(`${definition.schema}List`) : undefined;
}

/** e.g. CoreV1, AppsV1, RbacAuthorizationV1. */
function titleOf({ group, version }: ResourceDefinition): string {
  const name = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '');
  return `${name.split('.').map(capital).join('')}${capital(version)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
