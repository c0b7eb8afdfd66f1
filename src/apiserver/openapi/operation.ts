import type { ResourceDefinition } from '../../api/index.ts';
import { NAME, NAMESPACE, type Parameter, PRETTY, REST } from './parameters.ts';
import type { OpenApiObject, SchemaWriter } from './schemas.ts';

/** The forms of a built-in object. */
export const OBJECT = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** One operation of a path, before it is written for a version of OpenAPI. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly operationId: string;
  readonly description: string;
  readonly tag: string;
  /** Of resources only. */
  readonly action?: string;
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Sorted by name. */
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly types: readonly string[]; readonly schema: OpenApiObject; readonly required: boolean };
  readonly answer: { readonly types: readonly string[]; readonly schema: OpenApiObject; readonly codes: readonly number[] };
}

/** Makes an operation of a resource. */
export type Make = (
  path: string, method: Method, action: string, operationId: string, description: string, parameters: readonly Parameter[],
  body: Operation['body'] | undefined, answer: Operation['answer'],
) => Operation;

/** Adds to an operation what its path and its resource say. */
export function maker(definition: ResourceDefinition, of: Operation['kind'] = kindOf(definition)): Make {
  return (path, method, action, operationId, description, parameters, body, answer) => {
    const places = [...(path.includes('{name}') ? [NAME] : []), ...(path.includes('{namespace}') ? [NAMESPACE] : []), ...(path.endsWith('/{path}') ? [REST] : [])];
    // A connection's bytes have no form that could be pretty.
    const all = [...places, ...parameters, ...(action === 'connect' ? [] : [PRETTY])];
    return {
      path, method, action, operationId, description, tag: tagOf(definition), kind: of ?? kindOf(definition),
      parameters: all.sort((a, b) => (a.name === b.name ? (a.in < b.in ? -1 : 1) : a.name < b.name ? -1 : 1)),
      ...(body === undefined ? {} : { body }), answer,
    };
  };
}

function kindOf({ group, version, kind }: ResourceDefinition): NonNullable<Operation['kind']> {
  return { group, version, kind };
}

/** The one operation of a document about groups and versions, or of another that is no resource. */
export function documentOperation(path: string, tag: string, operationId: string, description: string, answer: OpenApiObject, types: readonly string[] = OBJECT): Operation {
  return { path, method: 'get', operationId, description, tag, parameters: [], answer: { types, schema: answer, codes: [200] } };
}

/** A reference to a schema that is part of the program. */
export function required(writer: SchemaWriter, name: string): OpenApiObject {
  const reference = writer.reference(name);
  if (reference === undefined) throw new Error(`OpenAPI: no schema ${name}`);
  return reference;
}

/** Kubernetes: installer.go, GetArticleForNoun. */
export function articleOf(noun: string): string {
  if (noun.endsWith('s') && !noun.endsWith('ss')) return '';
  return /^[aeiou]/i.test(noun) ? ' an' : ' a';
}

/** e.g. core, apps, rbacAuthorization: a group in an operation's id. Kubernetes: openapi.GetOperationIDAndTags. */
export function groupTitle(group: string): string {
  const [first = '', ...rest] = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split('.');
  return first + rest.map(capital).join('');
}

function tagOf({ group, version }: ResourceDefinition): string {
  return `${groupTitle(group)}_${version}`;
}

/** e.g. CoreV1, AppsV1, RbacAuthorizationV1. */
export function titleOf({ group, version }: ResourceDefinition): string {
  return capital(groupTitle(group)) + capital(version);
}

/** With a capital letter first. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
