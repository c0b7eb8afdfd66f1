import { newStatusError, type StatusError } from '../../api/index.ts';
import { acceptsNone, MEDIA_TYPES } from './accept.ts';

/** 405. Kubernetes: NewGenericServerResponse. */
export function methodNotAllowed(): StatusError {
  return newStatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

/** 406: the client takes nothing that we speak. Where its media types alone can't be served, upstream's router says so in its own words. */
export function notAcceptable(accept: string | undefined, path: 'collection' | 'other' = 'other', known: readonly string[] = Object.values(MEDIA_TYPES)): StatusError {
  if (!acceptsNone(accept, known)) return newStatusError(406, 'NotAcceptable', `only the following media types are accepted: ${known.join(', ')}`);
  return newStatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${[...known, ...(path === 'collection' ? STREAMS : [])].join(', ')}`, {});
}

/** 406 for a watch: YAML can't be streamed. */
export function streamNotAcceptable(): StatusError {
  return newStatusError(406, 'NotAcceptable', `only the following media types are accepted: ${STREAMS.join(', ')}`);
}

/** 500 in upstream's words for a failure that is not the client's. */
export function internalError(message: string): StatusError {
  return newStatusError(500, 'InternalError', message);
}

/** 503 where the cluster, not the client, can't. */
export function serviceUnavailable(message: string): StatusError {
  return newStatusError(503, 'ServiceUnavailable', message);
}
