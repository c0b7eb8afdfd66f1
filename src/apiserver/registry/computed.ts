import type { Disposable } from '../../base/index.ts';
import type { KubernetesList, KubernetesObject } from '../../api/index.ts';
import type { WatchEvent, WatchSink } from '../../client/index.ts';
import { newNotFound } from '../errors.ts';
import type { Selection } from '../watchcache/index.ts';
import type { Call, RegistryDeps } from './call.ts';
import { parseRevision } from './read.ts';
import { compileSelection } from './selectors.ts';

/** A cluster-scoped resource whose objects are in no store: they are made when somebody asks. */
export interface ComputedResource {
  /** Counts its changes, for lists' resourceVersion; 0: it has none. */
  readonly revision: number;
  get(name: string): KubernetesObject | undefined;
  list(): readonly KubernetesObject[];
  /** Told of every change from now on, until disposed. Absent: it can't be watched. */
  watch?(listener: (events: readonly WatchEvent[]) => void): Disposable;
}

/** By resource.group, e.g. componentstatuses. */
export type ComputedResources = ReadonlyMap<string, ComputedResource>;

/** GET of a computed object. */
export function getComputed(resource: ComputedResource, call: Call, name: string): KubernetesObject {
  const object = resource.get(name);
  if (object === undefined) throw newNotFound(call.endpoint.definition, name);
  return object;
}

/** LIST of computed objects: all that the selectors select, in one page. */
export function listComputed(resource: ComputedResource, call: Call): KubernetesList {
  const { apiVersion, definition } = call.endpoint;
  const selection = compileSelection(call.endpoint, '', call.request.name, call.query);
  return { kind: definition.listKind, apiVersion, metadata: { resourceVersion: resource.revision === 0 ? '' : String(resource.revision) }, items: resource.list().filter((object) => selects(selection, object)) };
}

/** WATCH of computed objects: what is there, unless the client says that it knows, and what comes. */
export function watchComputed(deps: RegistryDeps, resource: ComputedResource, call: Call, sink: WatchSink): Disposable {
  const selection = compileSelection(call.endpoint, '', call.request.name, call.query);
  const after = parseRevision(call.query.resourceVersion) ?? 0;
  const offer = (events: readonly WatchEvent[]) => {
    const seen = events.filter(({ object }) => selects(selection, object));
    if (seen.length > 0) sink.onEvents(seen);
  };
  const watch = resource.watch?.(offer) ?? { dispose: () => undefined };
  const first = resource.list().filter((object) => Number(object.metadata.resourceVersion) > after);
  const start = deps.clock.schedule(0, () => offer(first.map((object) => ({ type: 'ADDED', object }))));
  const { timeoutSeconds = 0 } = call.query;
  const end = timeoutSeconds <= 0 ? undefined : deps.clock.schedule(timeoutSeconds * 1000, () => {
    watch.dispose();
    sink.onClose(undefined);
  });
  return {
    dispose: () => {
      start.dispose();
      end?.dispose();
      watch.dispose();
    },
  };
}

function selects({ name, matches }: Selection, object: KubernetesObject): boolean {
  return (name === undefined || object.metadata.name === name) && (matches === undefined || matches(object));
}
