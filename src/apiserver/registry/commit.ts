import { deepFreeze } from '../../base/index.ts';
import type { KubernetesObject } from '../../api/index.ts';
import { newStatusError, type StatusError } from '../../api/index.ts';
import { type KeyValue, type Operation, type Store, StoreError } from '../../etcd/index.ts';
import { toStoredValue, withRevision } from '../watchcache/index.ts';
import type { Deadline } from '../server.ts';
import type { Call, RegistryDeps } from './call.ts';
import { newTooLarge } from './size.ts';

/** The operation that stores a new state. The object is the writer's own: it gets its resourceVersion and is frozen. */
export function putOperation(key: string, object: KubernetesObject): Operation {
  return { type: 'put', key, value: (revision) => toStoredValue(seal(object, revision)) };
}

/** The operation that removes an object; watchers get last, with the revision of the deletion. */
export function deleteOperation(key: string, last: KubernetesObject): Operation {
  return { type: 'delete', key, previous: (revision) => toStoredValue(deepFreeze(withRevision(last, revision))) };
}

function seal(object: KubernetesObject, revision: number): KubernetesObject {
  if (Object.isFrozen(object) || Object.isFrozen(object.metadata)) {
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
  }
  (object.metadata as { resourceVersion: string }).resourceVersion = String(revision);
  return deepFreeze(object);
}

export type CommitResult =
  | { readonly done: true; readonly object: KubernetesObject | undefined; readonly revision: number }
  /** Somebody else was quicker; the key's state now. */
  | { readonly done: false; readonly current: KeyValue | undefined };

/** Writes one key if it still is at modRevision (0: does not exist). Rejects with StatusError where the store refuses, or nobody waits for it any more. */
export function commit(store: Store, key: string, modRevision: number, operation: Operation, deadline?: Deadline): Promise<CommitResult> {
  if (deadline?.expired === true) return Promise.reject(newStatusError(504, 'Timeout', 'request did not complete within the allotted timeout'));
  return store.txn({ compare: [{ key, modRevision }], operations: [operation] }).then(
    (result) => {
      if (writeFailures.size > 0) writeFailures.delete(store);
      return result.succeeded
        ? { done: true, object: result.puts[0]?.value.object as KubernetesObject | undefined, revision: result.revision }
        : { done: false, current: result.current[0] };
    },
    (error: unknown) => {
      if (error instanceof StoreError && error.code === 'unavailable') writeFailures.set(store, error.message);
      throw storeFailure(error);
    },
  );
}

/** Notes for the request's trace that its write is in the store. */
export function noteStored(deps: RegistryDeps, { note, endpoint }: Call, name: string, revision: number): void {
  note.storedMs = deps.clock.elapsedMs();
  note.name = name;
  note.revision = revision;
  note.cache = endpoint.cache;
}

/** Stores whose last write failed, with why. */
const writeFailures = new Map<Store, string>();

/** Why the store takes no writes, as far as the last write told; undefined where it does. */
export function writeFailureOf(store: Store): string | undefined {
  return writeFailures.get(store);
}

/** Called when the server goes, so that its store is not kept. */
export function forgetWriteFailure(store: Store): void {
  writeFailures.delete(store);
}

/** What a client is told when the store fails. Kubernetes: storeerr.InterpretUpdateError and etcd's own texts. */
export function storeFailure(error: unknown): StatusError | unknown {
  if (!(error instanceof StoreError)) return error;
  if (error.code === 'too-large') return newTooLarge();
  if (error.code === 'compacted') return newStatusError(410, 'Expired', 'etcdserver: mvcc: required revision has been compacted');
  if (error.code === 'future-revision') return newStatusError(504, 'Timeout', 'etcdserver: mvcc: required revision is a future revision');
  if (error.code === 'unavailable') {
    const text = `etcdserver: ${error.message}: nothing can be written until the cause is gone (make room on the disk) and the cluster is started again; all that was acknowledged is safe and can be read`;
    return newStatusError(503, 'ServiceUnavailable', text, { causes: [{ message: error.message }] });
  }
  return newStatusError(500, '', error.message);
}
