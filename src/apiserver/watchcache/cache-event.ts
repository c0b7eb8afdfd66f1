import type { KubernetesObject } from '../../api/index.ts';
import type { WatchEvent } from '../../client/index.ts';

/** One change of one object, as the cache hands it to watchers. The events for watchers are built once and shared. */
export class CacheEvent {
  readonly revision: number;
  /** The state before; undefined for a creation. */
  readonly previous: KubernetesObject | undefined;
  /** For those who watch everything. A DELETED event has the last state with the revision of the deletion. */
  readonly event: WatchEvent;
  private entering: WatchEvent | undefined;
  private leaving: WatchEvent | undefined;

  constructor(event: WatchEvent, previous: KubernetesObject | undefined, revision: number) {
    this.event = event;
    this.previous = previous;
    this.revision = revision;
  }

  /** For a watcher whose selector the object begins to match. */
  asAdded(): WatchEvent {
    if (this.event.type === 'ADDED') return this.event;
    this.entering ??= { type: 'ADDED', object: this.event.object };
    return this.entering;
  }

  /** For a watcher whose selector the object no longer matches: the state before, with this event's resourceVersion. */
  asDeleted(): WatchEvent {
    if (this.event.type === 'DELETED') return this.event;
    const { previous } = this;
    if (previous === undefined) return this.event;
    this.leaving ??= { type: 'DELETED', object: withRevision(previous, this.revision) };
    return this.leaving;
  }

  /** What a watcher with this selector gets to see; undefined: nothing. Kubernetes: cacher, convertToWatchEvent. */
  convert(matches: ((object: KubernetesObject) => boolean) | undefined): WatchEvent | undefined {
    if (matches === undefined) return this.event;
    const { event, previous } = this;
    const before = previous !== undefined && matches(previous);
    if (event.type === 'DELETED') return before ? event : undefined;
    if (matches(event.object)) return before ? event : this.asAdded();
    return before ? this.asDeleted() : undefined;
  }
}

/** The object with another resourceVersion, frozen; it shares everything else. */
export function withRevision(object: KubernetesObject, revision: number): KubernetesObject {
  return Object.freeze({ ...object, metadata: Object.freeze({ ...object.metadata, resourceVersion: String(revision) }) });
}
