import { type KubernetesObject, newInvalidError } from '../../api/index.ts';
import { customScale } from '../apiextensions/scale.ts';
import { newMethodNotAllowed, newNotFound, newUnknownResource } from '../errors.ts';
import { admitted, validated } from './admit.ts';
import { checkNamespace, objectFromBody, withNamespace } from './body.ts';
import type { Call, RegistryDeps } from './call.ts';
import { type ComputedResource, type ComputedResources, getComputed, listComputed } from './computed.ts';
import { handleConverted } from './converted.ts';
import { createObject } from './create.ts';
import { deleteCollection, deleteObject } from './delete.ts';
import { noteCreate } from './field-management.ts';
import { listObjects } from './list.ts';
import { patchObject } from './patch.ts';
import { getObject } from './read.ts';
import { updateObject } from './update.ts';

/** What one subresource does for each verb it has. */
export interface SubresourceHandler {
  readonly get?: (deps: RegistryDeps, call: Call, name: string) => Promise<object> | object;
  readonly create?: (deps: RegistryDeps, call: Call, name: string) => Promise<object> | object;
  readonly update?: (deps: RegistryDeps, call: Call, name: string) => Promise<object> | object;
  readonly patch?: (deps: RegistryDeps, call: Call, name: string) => Promise<object> | object;
}

/** By resource.group/subresource, e.g. pods./binding. */
export type SubresourceHandlers = ReadonlyMap<string, SubresourceHandler>;

/** Answers a question to the server, such as an access review, that is created and never stored. body has been validated. */
export type RequestHandler = (deps: RegistryDeps, call: Call, body: KubernetesObject) => Promise<object> | object;

/** By resource.group, e.g. bindings. */
export type RequestHandlers = ReadonlyMap<string, RequestHandler>;

/** What the generic registry does not do by itself. */
export interface SpecialHandlers {
  readonly subresources: SubresourceHandlers;
  readonly requests: RequestHandlers;
  readonly computed: ComputedResources;
}

const STATUS: SubresourceHandler = { get: getObject, update: updateObject, patch: patchObject };

/** Runs one authorized request. Throws or rejects with StatusError. */
export function handle(deps: RegistryDeps, special: SpecialHandlers, call: Call): Promise<object> | object {
  const remote = call.endpoint.conversion?.remote;
  return remote === undefined ? handleNow(deps, special, call) : handleConverted(call, remote, () => handleNow(deps, special, call));
}

function handleNow(deps: RegistryDeps, special: SpecialHandlers, call: Call): Promise<object> | object {
  const { verb, name = '', subresource } = call.request;
  const { definition } = call.endpoint;
  if (subresource !== undefined) return handleSubresource(deps, special.subresources, call, subresource);
  if (definition.computed === true) return handleComputed(special.computed, call, name);
  switch (verb) {
    case 'get':
      return getObject(deps, call, name);
    case 'list':
      return listObjects(deps, call);
    case 'create':
      return definition.verbs.length === 1 ? handleRequest(deps, special.requests, call) : createObject(deps, call);
    case 'update':
      return updateObject(deps, call, name);
    case 'patch':
      return patchObject(deps, call, name);
    case 'delete':
      return deleteObject(deps, call, name);
    case 'deletecollection':
      return deleteCollection(deps, call);
    default:
      throw newMethodNotAllowed(definition, verb);
  }
}

/** The computed resource of a call. Throws NotFound where this server has nobody to ask. */
export function computedOf(computed: ComputedResources, { endpoint: { definition } }: Call): ComputedResource {
  const resource = computed.get(`${definition.resource}.${definition.group}`);
  if (resource === undefined) throw newUnknownResource();
  return resource;
}

function handleComputed(computed: ComputedResources, call: Call, name: string): object {
  const { verb } = call.request;
  const resource = computedOf(computed, call);
  if (verb === 'get') return getComputed(resource, call, name);
  if (verb === 'list') return listComputed(resource, call);
  throw newMethodNotAllowed(call.endpoint.definition, verb);
}

function handleRequest(deps: RegistryDeps, requests: RequestHandlers, call: Call): Promise<object> | object {
  const { definition } = call.endpoint;
  const handler = requests.get(`${definition.resource}.${definition.group}`);
  if (handler === undefined) throw newUnknownResource();
  const body = noteCreate(deps, call, definition.strategy.defaults(withNamespace(call, objectFromBody(call, call.request.body))));
  checkNamespace(call, body);
  const answer = (asked: KubernetesObject): Promise<object> | object => {
    const errors = definition.strategy.validateCreate(asked);
    // The handlers of access reviews ask the decoded object for its kind, which is gone by then.
    if (errors.length > 0) throw newInvalidError(definition.group, definition.group === 'authorization.k8s.io' ? '' : definition.kind, asked.metadata.name ?? '', errors);
    const waiting = validated(deps, call, 'CREATE', asked.metadata.name ?? '', asked, undefined);
    call.code = 201;
    return waiting === undefined ? handler(deps, call, asked) : waiting.then(() => handler(deps, call, asked));
  };
  const mutated = admitted(deps, call, 'CREATE', body.metadata.name ?? '', body, undefined);
  return mutated instanceof Promise ? mutated.then(answer) : answer(mutated);
}

function handleSubresource(deps: RegistryDeps, subresources: SubresourceHandlers, call: Call, subresource: string): Promise<object> | object {
  const { verb, name = '' } = call.request;
  const { definition } = call.endpoint;
  const own = subresources.get(`${definition.resource}.${definition.group}/${subresource}`);
  const handler = own ?? (subresource === 'status' && definition.strategy.prepareForStatusUpdate !== undefined ? STATUS
    : subresource === 'scale' && definition.custom?.scale !== undefined ? customScale : undefined);
  if (handler === undefined) throw definition.custom === undefined ? newUnknownResource() : newNotFound(definition, name);
  const run = verb === 'get' || verb === 'create' || verb === 'update' || verb === 'patch' ? handler[verb] : undefined;
  if (run === undefined) throw newMethodNotAllowed(definition, verb);
  return run(deps, call, name);
}
