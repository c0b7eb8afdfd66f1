import type { Descriptions, ResourceDefinition } from '../../api/index.ts';
import { groupVersions, type GroupVersionResources } from './discovery.ts';
import { type Operation, operationsOf } from './paths.ts';
import { type OpenApiObject, SchemaWriter } from './schemas.ts';

const ANSWER_TYPES = ['application/json', 'application/yaml'];

/** The index at /openapi/v3: where the document of each group and version is, with a hash that changes when it does. */
export function openApiV3Index(resources: readonly ResourceDefinition[]): object {
  const paths: OpenApiObject = {};
  for (const entry of groupVersions(resources)) {
    const path = pathOf(entry);
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(entry)}` };
  }
  return { paths };
}

function pathOf({ group, version }: Pick<GroupVersionResources, 'group' | 'version'>): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** The schemas are part of the program, so that a document changes only with the resources that are served. FNV-1a, 64 bits. */
function hashOf(entry: GroupVersionResources): string {
  const text = JSON.stringify(entry.resources.map(({ resource, kind, schema, verbs, subresources }) => [resource, kind, schema, verbs, subresources]));
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n);
  return hash.toString(16).toUpperCase().padStart(16, '0');
}

/** The OpenAPI v3 document of one group and version, e.g. path apis/apps/v1; undefined where it is not served. */
export function openApiV3Document(resources: readonly ResourceDefinition[], path: string, descriptions: Descriptions, version: string): object | undefined {
  const entry = groupVersions(resources).find((candidate) => pathOf(candidate) === path);
  if (entry === undefined) return undefined;
  const writer = new SchemaWriter(descriptions, 3);
  const paths = writePaths(entry.resources.flatMap((definition) => operationsOf(definition, writer)), writeV3);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths,
    components: {
      schemas: sorted(writer.definitions),
      securitySchemes: { BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' } },
    },
    security: [{ BearerToken: [] }],
  };
}

/** The OpenAPI v2 (Swagger) document of everything that is served. */
export function openApiV2Document(resources: readonly ResourceDefinition[], descriptions: Descriptions, version: string): OpenApiObject {
  const writer = new SchemaWriter(descriptions, 2);
  const operations = groupVersions(resources).flatMap((entry) => entry.resources.flatMap((definition) => operationsOf(definition, writer)));
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: writePaths(operations, writeV2),
    definitions: sorted(writer.definitions),
    securityDefinitions: { BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  };
}

function writePaths(operations: readonly Operation[], write: (operation: Operation) => OpenApiObject): OpenApiObject {
  const paths: { [path: string]: OpenApiObject } = {};
  for (const operation of operations) (paths[operation.path] ??= {})[operation.method] = write(operation);
  return sorted(paths);
}

function common(operation: Operation): OpenApiObject {
  return { operationId: operation.operationId, 'x-kubernetes-action': operation.action, 'x-kubernetes-group-version-kind': operation.kind };
}

/** Parameters are written out: kubectl does not follow references to them. */
function writeV3(operation: Operation): OpenApiObject {
  const { parameters, body, bodyTypes, answer, codes } = operation;
  const content = (types: readonly string[], schema: OpenApiObject): OpenApiObject => Object.fromEntries(types.map((type) => [type, { schema }]));
  const answers = Object.fromEntries(codes.map((code) => [code, { description: describeCode(code), ...(answer === undefined ? {} : { content: content(ANSWER_TYPES, answer) }) }]));
  return {
    ...common(operation),
    parameters: parameters.map(({ name, in: place, type, description }) => ({
      name, in: place, description, ...(place === 'path' ? { required: true } : {}), schema: { type, uniqueItems: true },
    })),
    ...(body === undefined ? {} : { requestBody: { content: content(bodyTypes, body), required: true } }),
    responses: { ...answers, 401: { description: 'Unauthorized' } },
  };
}

function writeV2(operation: Operation): OpenApiObject {
  const { parameters, body, bodyTypes, answer, codes } = operation;
  const answers = Object.fromEntries(codes.map((code) => [code, { description: describeCode(code), ...(answer === undefined ? {} : { schema: answer }) }]));
  return {
    ...common(operation),
    consumes: bodyTypes,
    produces: ANSWER_TYPES,
    parameters: [
      ...(body === undefined ? [] : [{ name: 'body', in: 'body', required: true, schema: body }]),
      ...parameters.map(({ name, in: place, type, description }) => ({ name, in: place, description, type, uniqueItems: true, ...(place === 'path' ? { required: true } : {}) })),
    ],
    responses: { ...answers, 401: { description: 'Unauthorized' } },
  };
}

function describeCode(code: number): string {
  return code === 201 ? 'Created' : code === 202 ? 'Accepted' : 'OK';
}

function sorted<T>(record: Readonly<Record<string, T>>): { [key: string]: T } {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
