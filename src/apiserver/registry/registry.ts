import { newMethodNotAllowed, newUnknownResource } from '../errors.ts';
import type { Call, RegistryDeps } from './call.ts';
import { createObject } from './create.ts';
import { deleteCollection, deleteObject } from './delete.ts';
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

const STATUS: SubresourceHandler = { get: getObject, update: updateObject, patch: patchObject };

/** Runs one authorized request. Throws or rejects with StatusError. */
export function handle(deps: RegistryDeps, subresources: SubresourceHandlers, call: Call): Promise<object> | object {
  const { verb, name = '', subresource } = call.request;
  const { definition } = call.endpoint;
  if (subresource !== undefined) return handleSubresource(deps, subresources, call, subresource);
  switch (verb) {
    case 'get':
      return getObject(deps, call, name);
    case 'list':
      return listObjects(deps, call);
    case 'create':
      return createObject(deps, call);
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

function handleSubresource(deps: RegistryDeps, subresources: SubresourceHandlers, call: Call, subresource: string): Promise<object> | object {
  const { verb, name = '' } = call.request;
  const { definition } = call.endpoint;
  const special = subresources.get(`${definition.resource}.${definition.group}/${subresource}`);
  const handler = special ?? (subresource === 'status' && definition.strategy.prepareForStatusUpdate !== undefined ? STATUS : undefined);
  if (handler === undefined) throw newUnknownResource();
  const run = verb === 'get' || verb === 'create' || verb === 'update' || verb === 'patch' ? handler[verb] : undefined;
  if (run === undefined) throw newMethodNotAllowed(definition, verb);
  return run(deps, call, name);
}
