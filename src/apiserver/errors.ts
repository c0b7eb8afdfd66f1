import { newStatusError, StatusError } from '../api/index.ts';

/** The part of a resource that error texts name. */
export interface NamedResource {
  readonly group: string;
  readonly resource: string;
}

/** E.g. pods, deployments.apps. Kubernetes: schema.GroupResource.String. */
export function qualifiedResource({ group, resource }: NamedResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource }: NamedResource, name: string) {
  return { name, ...(group === '' ? {} : { group }), kind: resource };
}

/** 404, e.g. pods "web" not found. */
export function newNotFound(resource: NamedResource, name: string): StatusError {
  return newStatusError(404, 'NotFound', `${qualifiedResource(resource)} "${name}" not found`, detailsOf(resource, name));
}

/** 404 for a path that nobody serves. */
export function newUnknownResource(): StatusError {
  return newStatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 409 on create, e.g. pods "web" already exists. */
export function newAlreadyExists(resource: NamedResource, name: string): StatusError {
  return newStatusError(409, 'AlreadyExists', `${qualifiedResource(resource)} "${name}" already exists`, detailsOf(resource, name));
}

/** 409 on update. */
export function newConflict(resource: NamedResource, name: string, why: string): StatusError {
  return newStatusError(409, 'Conflict', `Operation cannot be fulfilled on ${qualifiedResource(resource)} "${name}": ${why}`, detailsOf(resource, name));
}

/** Kubernetes: registry.OptimisticLockErrorMsg. */
export const OPTIMISTIC_LOCK_TEXT = 'the object has been modified; please apply your changes to the latest version and try again';

/** 409 where a precondition names another object. The text shows the store's own error, as upstream's does. */
export function newPreconditionFailed(resource: NamedResource, name: string, key: string, what: string): StatusError {
  return newConflict(resource, name, `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what}`);
}

/** 400 with just a message. */
export function newBadRequest(message: string): StatusError {
  return newStatusError(400, 'BadRequest', message);
}

/** 403 by an admission plugin, e.g. pods "web" is forbidden: …. */
export function newForbidden(resource: NamedResource, name: string, why: string): StatusError {
  const subject = name === '' ? qualifiedResource(resource) : `${qualifiedResource(resource)} "${name}"`;
  const details = { ...(name === '' ? {} : { name }), ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource };
  return newStatusError(403, 'Forbidden', `${subject} is forbidden: ${why}`, details);
}

/** 405 for a verb that the resource does not have. */
export function newMethodNotAllowed(resource: NamedResource, verb: string): StatusError {
  return newStatusError(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${qualifiedResource(resource)}"`, {
    ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource,
  });
}

/** 500. Kubernetes: apierrors.NewInternalError. */
export function newInternalError(message: string): StatusError {
  return newStatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}
