import type { Disposable } from '../../base/index.ts';
import { type FieldError, forbidden, type KubernetesObject, newInvalidError, newStatusError, notSupported, type StatusError } from '../../api/index.ts';
import type { WatchSink } from '../../client/index.ts';
import { newNotFound } from '../errors.ts';
import type { RunningWatch } from '../watchcache/index.ts';
import { type Call, type RegistryDeps } from './call.ts';
import { convertingSink } from './converting-sink.ts';
import { present } from './endpoint.ts';
import { compileSelection } from './selectors.ts';

/** How long a read waits for a revision that the cache has not reached. Kubernetes: cacher, blockTimeout. */
const FRESH_TIMEOUT_MS = 3000;

/** GET of one object. */
export function getObject(deps: RegistryDeps, call: Call, name: string): Promise<KubernetesObject> | KubernetesObject {
  const waiting = whenReadable(deps, call);
  return waiting === undefined ? getNow(call, name) : waiting.then(() => getNow(call, name));
}

/** The object as the cache has it. Throws NotFound. */
export function getNow(call: Call, name: string): KubernetesObject {
  const entry = call.endpoint.cache.objects.get(call.namespace, name);
  if (entry === undefined) throw newNotFound(call.endpoint.definition, name);
  return present(call.endpoint, entry.object);
}

/** undefined where the cache is new enough for the request's resourceVersion: unset means all that was acknowledged, 0 means anything. */
export function whenReadable(deps: RegistryDeps, call: Call): Promise<void> | undefined {
  const wanted = parseRevision(call.query.resourceVersion);
  if (wanted === undefined) return deps.watchCache.whenFresh();
  return wanted === 0 ? undefined : whenReached(deps, wanted);
}

/** undefined where the cache has reached the revision. Rejects with 504 "Too large resource version" where it does not get there soon. */
export function whenReached(deps: RegistryDeps, revision: number): Promise<void> | undefined {
  const reached = deps.watchCache.whenFresh(revision);
  if (reached === undefined) return undefined;
  return new Promise((resolve, reject) => {
    const timer = deps.clock.schedule(FRESH_TIMEOUT_MS, () => reject(newTooLargeRevision(revision, deps.watchCache.revision)));
    reached.then(() => {
      timer.dispose();
      resolve();
    }, reject);
  });
}

/** A resourceVersion as a number; undefined where it is unset. Throws BadRequest where it is none. */
export function parseRevision(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw newStatusError(400, 'BadRequest', `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Kubernetes: storage.NewTooLargeResourceVersionError. */
function newTooLargeRevision(wanted: number, current: number): StatusError {
  return newStatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1,
  });
}

/** Starts a watch; errors come through the sink. */
export function watchObjects(deps: RegistryDeps, call: Call, sink: WatchSink): Disposable {
  const { query, endpoint } = call;
  const revision = parseRevision(query.resourceVersion);
  checkWatchOptions(call);
  const selection = compileSelection(endpoint, call.namespace, call.request.name, query);
  const synthetic = query.sendInitialEvents ?? (revision === undefined || revision === 0);
  let timer: Disposable | undefined;
  const options = {
    user: call.user.name,
    afterRevision: synthetic ? undefined : revision ?? deps.watchCache.revision,
    initialEventsEnd: query.sendInitialEvents === true && query.allowWatchBookmarks === true,
    bookmarks: query.allowWatchBookmarks === true,
    typeMeta: { apiVersion: endpoint.apiVersion, kind: endpoint.definition.kind },
    onClosed: () => timer?.dispose(),
    ...(endpoint.conversion === undefined || endpoint.conversion.remote !== undefined ? {} : { present: endpoint.conversion.fromStored }),
  };
  const start = () => endpoint.cache.watch(selection, endpoint.conversion?.remote === undefined ? sink : convertingSink(endpoint.conversion, sink), options);
  const waiting = synthetic ? whenReadable(deps, call) : undefined;
  const watch = waiting === undefined ? start() : startLater(waiting, start, (error) => {
    timer?.dispose();
    sink.onClose(error);
  });
  if (query.timeoutSeconds === undefined || query.timeoutSeconds <= 0) return watch;
  timer = deps.clock.schedule(query.timeoutSeconds * 1000, () => watch.end());
  return {
    dispose: () => {
      timer?.dispose();
      watch.dispose();
    },
  };
}

function startLater(waiting: Promise<void>, start: () => RunningWatch, onFailed: (error?: StatusError) => void): RunningWatch {
  let disposed = false;
  let started: RunningWatch | undefined;
  waiting.then(
    () => {
      if (!disposed) started = start();
    },
    (error: StatusError) => {
      if (!disposed) onFailed(error);
    },
  );
  return {
    dispose: () => {
      disposed = true;
      started?.dispose();
    },
    end() {
      if (started !== undefined) return started.end();
      disposed = true;
      onFailed();
    },
  };
}

/** Kubernetes: metainternalversion validation, ValidateListOptions. */
function checkWatchOptions({ query }: Call): void {
  const refuse = (...errors: readonly FieldError[]) => newInvalidError('meta.k8s.io', 'ListOptions', '', errors);
  const match = query.resourceVersionMatch;
  if (query.sendInitialEvents === undefined) {
    if (match !== undefined) throw refuse(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    return;
  }
  if (match === 'NotOlderThan') return;
  const required = forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  throw match === undefined ? refuse(required) : refuse(required, notSupported('resourceVersionMatch', match, ['NotOlderThan']));
}
