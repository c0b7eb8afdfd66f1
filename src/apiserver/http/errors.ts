import { newStatusError, type StatusError } from '../../api/index.ts';

/** 405. Kubernetes: NewGenericServerResponse. */
export function methodNotAllowed(): StatusError {
  return newStatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

/** 406: the client takes nothing that we speak. */
export function notAcceptable(): StatusError {
  return newStatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json, application/yaml');
}

/** 500 in upstream's words for a failure that is not the client's. */
export function internalError(message: string): StatusError {
  return newStatusError(500, 'InternalError', message);
}

/** 503 where the cluster, not the client, can't. */
export function serviceUnavailable(message: string): StatusError {
  return newStatusError(503, 'ServiceUnavailable', message);
}
