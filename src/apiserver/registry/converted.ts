import type { KubernetesObject } from '../../api/index.ts';
import { newInternalError } from '../errors.ts';
import type { Call } from './call.ts';
import { NotConverted, type RemoteConversion } from './endpoint.ts';

/** How often a request begins again because an object has changed while it was converted. */
const ATTEMPTS_MAX = 100;

/** Runs a request on a version that somebody else converts to and from: what it will read is converted first. */
export async function handleConverted(call: Call, remote: RemoteConversion, run: () => Promise<object> | object): Promise<object> {
  await remote.makeReady(objectsOf(call));
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof NotConverted)) throw error;
      await remote.makeReady([error.stored]);
    }
  }
  throw newInternalError('the objects change faster than they are converted');
}

function objectsOf({ endpoint, namespace, request }: Call): readonly KubernetesObject[] {
  const { objects } = endpoint.cache;
  const { verb, name } = request;
  if (verb === 'list' || verb === 'deletecollection') return objects.list(namespace === '' ? {} : { namespace });
  const object = name === undefined ? undefined : objects.get(namespace, name)?.object;
  return object === undefined || verb === 'create' ? [] : [object];
}
