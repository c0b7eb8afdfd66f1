import type { Descriptions, ResourceDefinition } from '../../api/index.ts';
import { groupVersions, type GroupVersionResources } from './discovery.ts';
import type { Parameter } from './parameters.ts';
import { capital, documentOperation, groupTitle, type Operation } from './operation.ts';
import { operationsOf } from './paths.ts';
import { type OpenApiObject, SchemaWriter } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

const SECURITY = { BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' } };

/** Paths that are no groups, and what they answer. */
const OTHERS: Readonly<Record<string, (writer: SchemaWriter) => Operation>> = {
  '.well-known/openid-configuration': () => documentOperation('/.well-known/openid-configuration/', 'WellKnown', 'getServiceAccountIssuerOpenIDConfiguration', 'get service account issuer OpenID configuration', { type: 'string' }, ['application/json']),
  api: (writer) => documentOperation('/api/', 'core', 'getCoreAPIVersions', 'get available API versions', answerOf(writer, `${META}APIVersions`)),
  apis: (writer) => documentOperation('/apis/', 'apis', 'getAPIVersions', 'get available API versions', answerOf(writer, `${META}APIGroupList`)),
  'openid/v1/jwks': () => documentOperation('/openid/v1/jwks/', 'openid', 'getServiceAccountIssuerOpenIDKeyset', 'get the public keys of service account tokens', { type: 'string' }, ['application/jwk-set+json']),
  version: (writer) => documentOperation('/version/', 'version', 'getCodeVersion', 'get the version information for this server', answerOf(writer, 'io.k8s.apimachinery.pkg.version.Info'), ['application/json']),
};

/** What a document depends on, as one text; a hash of it names the document. */
export type Hash = (text: string) => string;

/** The index at /openapi/v3: where each document is, with a hash that changes when it does. */
export function openApiV3Index(resources: readonly ResourceDefinition[], hash: Hash): object {
  const all = groupVersions(resources);
  const paths: { [path: string]: object } = {};
  const add = (path: string, text: string) => (paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash(text)}` });
  // The schemas of built-in kinds are part of the program, so that a document changes only with what is served.
  for (const path of Object.keys(OTHERS)) add(path, path);
  for (const group of groupsOf(all)) add(`apis/${group}`, group);
  for (const entry of all) {
    add(pathOf(entry), JSON.stringify(entry.resources.map((definition) => {
      const { resource, kind, schema, verbs, subresources, custom } = definition;
      return [resource, kind, schema, verbs, subresources, custom?.openApi(3)];
    })));
  }
  return { paths: sorted(paths) };
}

function pathOf({ group, version }: Pick<GroupVersionResources, 'group' | 'version'>): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** The OpenAPI v3 document of a path of the index, e.g. apis/apps/v1; undefined where there is none. version, e.g. 1.36. */
export function openApiV3Document(resources: readonly ResourceDefinition[], path: string, descriptions: Descriptions, version: string): object | undefined {
  const entry = groupVersions(resources).find((candidate) => pathOf(candidate) === path);
  const writer = new SchemaWriter(descriptions, 3, entry === undefined ? [] : [entry]);
  const operations = entry === undefined ? operationsOfPath(path, resources, writer) : operationsOfVersion(entry, writer);
  if (operations.length === 0) return undefined;
  const custom = entry !== undefined && isCustom(entry);
  return {
    openapi: '3.0.0',
    info: custom ? { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' } : { title: 'Kubernetes', version },
    paths: writePaths(operations, writeV3, (parameter) => writeParameter(parameter, 3)),
    components: {
      ...(Object.keys(writer.definitions).length === 0 ? {} : { schemas: sorted(writer.definitions) }),
      ...(custom ? {} : { securitySchemes: SECURITY }),
    },
  };
}

function operationsOfPath(path: string, resources: readonly ResourceDefinition[], writer: SchemaWriter): readonly Operation[] {
  const other = Object.hasOwn(OTHERS, path) ? OTHERS[path] : undefined;
  if (other !== undefined) return [other(writer)];
  const group = path.startsWith('apis/') ? path.slice('apis/'.length) : '';
  return groupsOf(groupVersions(resources)).includes(group) ? [groupOperation(group, writer)] : [];
}

/** The groups that have a document of their own; those of custom resources have none. */
function groupsOf(all: readonly GroupVersionResources[]): readonly string[] {
  return [...new Set(all.filter((entry) => entry.group !== '' && !isCustom(entry)).map(({ group }) => group))];
}

function groupOperation(group: string, writer: SchemaWriter): Operation {
  const title = groupTitle(group);
  return documentOperation(`/apis/${group}/`, title, `get${capital(title)}APIGroup`, 'get information of a group', answerOf(writer, `${META}APIGroup`));
}

function operationsOfVersion(entry: GroupVersionResources, writer: SchemaWriter): readonly Operation[] {
  const title = groupTitle(entry.group);
  const list = (): Operation => documentOperation(
    `/${pathOf(entry)}/`, `${title}_${entry.version}`, `get${capital(title)}${capital(entry.version)}APIResources`, 'get available resources', answerOf(writer, `${META}APIResourceList`));
  // The documents of custom resources tell of nothing else.
  return [...(isCustom(entry) ? [] : [list()]), ...entry.resources.filter(isPublished).flatMap((definition) => operationsOf(definition, writer))];
}

function isCustom(entry: GroupVersionResources): boolean {
  return entry.resources.every(({ custom }) => custom !== undefined);
}

function isPublished({ custom }: ResourceDefinition): boolean {
  return custom === undefined || custom.openApi(3) !== undefined;
}

function answerOf(writer: SchemaWriter, name: string): OpenApiObject {
  return writer.reference(name) ?? {};
}

/** The OpenAPI v2 (Swagger) document of everything that is served. */
export function openApiV2Document(resources: readonly ResourceDefinition[], descriptions: Descriptions, version: string): OpenApiObject {
  const all = groupVersions(resources);
  const writer = new SchemaWriter(descriptions, 2, all);
  const operations = [
    ...Object.values(OTHERS).map((make) => make(writer)),
    ...groupsOf(all).map((group) => groupOperation(group, writer)),
    ...all.flatMap((entry) => operationsOfVersion(entry, writer)),
  ];
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: writePaths(operations, writeV2, (parameter) => writeParameter(parameter, 2)),
    definitions: sorted(writer.definitions),
    securityDefinitions: { BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  };
}

/** A path's operations, and beside them the parameters that all of them have. Kubernetes: kube-openapi/pkg/builder, which puts them there. */
function writePaths(operations: readonly Operation[], write: (operation: Operation, own: readonly Parameter[]) => OpenApiObject, writeShared: (parameter: Parameter) => OpenApiObject): OpenApiObject {
  const byPath = new Map<string, Operation[]>();
  for (const operation of operations) {
    const own = byPath.get(operation.path);
    if (own === undefined) byPath.set(operation.path, [operation]);
    else own.push(operation);
  }
  const paths: { [path: string]: OpenApiObject } = {};
  for (const [path, own] of byPath) {
    const [first] = own;
    const shared = (first?.parameters ?? []).filter((parameter) => own.every(({ parameters }) => parameters.includes(parameter)));
    paths[path] = {
      ...Object.fromEntries(own.map((operation) => [operation.method, write(operation, operation.parameters.filter((parameter) => !shared.includes(parameter)))])),
      ...(shared.length === 0 ? {} : { parameters: shared.map(writeShared) }),
    };
  }
  return sorted(paths);
}

function writeParameter({ name, in: place, type, description }: Parameter, version: 2 | 3): OpenApiObject {
  const required = place === 'path' ? { required: true } : {};
  return version === 2 ? { uniqueItems: true, type, description, name, in: place, ...required } : { name, in: place, description, ...required, schema: { type, uniqueItems: true } };
}

function extensions({ action, kind }: Operation): OpenApiObject {
  return { ...(action === undefined ? {} : { 'x-kubernetes-action': action }), ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': kind }) };
}

/** Parameters are written out: kubectl does not follow references to them. */
function writeV3(operation: Operation, own: readonly Parameter[]): OpenApiObject {
  const { body, answer } = operation;
  const content = (types: readonly string[], schema: OpenApiObject): OpenApiObject => Object.fromEntries([...types].sort().map((type) => [type, { schema }]));
  const answers = Object.fromEntries(answer.codes.map((code) => [code, { description: describeCode(code), content: content(answer.types, answer.schema) }]));
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.operationId,
    ...(own.length === 0 ? {} : { parameters: own.map((parameter) => writeParameter(parameter, 3)) }),
    ...(body === undefined ? {} : { requestBody: { content: content(body.types, body.schema), ...(body.required ? { required: true } : {}) } }),
    responses: { ...answers, 401: { description: 'Unauthorized' } },
    ...extensions(operation),
  };
}

function writeV2(operation: Operation, own: readonly Parameter[]): OpenApiObject {
  const { body, answer } = operation;
  const answers = Object.fromEntries(answer.codes.map((code) => [code, { description: describeCode(code), schema: answer.schema }]));
  const parameters = [
    ...(body === undefined ? [] : [{ name: 'body', in: 'body', ...(body.required ? { required: true } : {}), schema: body.schema }]),
    ...own.map((parameter) => writeParameter(parameter, 2)),
  ];
  return {
    description: operation.description,
    // What is no resource takes and gives the same.
    consumes: body?.types ?? (operation.kind === undefined ? answer.types : ['*/*']),
    produces: answer.types,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.operationId,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: { ...answers, 401: { description: 'Unauthorized' } },
    ...extensions(operation),
  };
}

function describeCode(code: number): string {
  return code === 201 ? 'Created' : code === 202 ? 'Accepted' : 'OK';
}

function sorted<T>(record: Readonly<Record<string, T>>): { [key: string]: T } {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
