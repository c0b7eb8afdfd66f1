import { type Disposable, toDisposable } from '../../base/index.ts';
import { formatTime, type KubernetesObject, type RequestTrace, StatusError } from '../../api/index.ts';
import type { ApiRequest, WatchEvent } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import type { ComputedResource } from '../registry/computed.ts';
import type { UserInfo } from '../server.ts';
import { jsonDifference } from './json-difference.ts';
import { type NotedAdmission, RequestNote } from './note.ts';

/** Requests that are remembered. */
const NOTES_MAX = 1000;
const LAB_GROUP = 'lab.drydock.dev';
const NAME_LENGTH = 10;

/**
 * The latest requests, in a ring. Notes become objects only when somebody looks: a request costs a few stamps of the clock.
 * Requests for traces themselves are left out, or watching them would never end.
 */
export class RequestTraces implements ComputedResource {
  private readonly clock: Clock;
  private readonly notes: (RequestNote | undefined)[] = new Array<RequestNote | undefined>(NOTES_MAX).fill(undefined);
  private sequence = 0;
  /** When the latest request began that was timed. */
  private latestMs = 0;
  private readonly made = new WeakMap<RequestNote, RequestTrace>();
  private readonly listeners = new Set<(events: readonly WatchEvent[]) => void>();
  private undelivered: RequestNote[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Numbers are given in the order in which requests end. */
  get revision(): number {
    return this.sequence;
  }

  begin(user: UserInfo, request: ApiRequest): RequestNote {
    return new RequestNote(user, request, this.latestMs = this.clock.elapsedMs(), true);
  }

  /** A read by a component in this process takes a microsecond, and looking at the clock twice a tenth of it: such requests are timed only while somebody watches. */
  beginRead(user: UserInfo, request: ApiRequest): RequestNote {
    return this.listeners.size > 0 ? this.begin(user, request) : new RequestNote(user, request, this.latestMs, false);
  }

  /** The request is over: answered with the code, or refused with the error. */
  end(note: RequestNote, code: number, error?: unknown): void {
    if (note.group === LAB_GROUP) return;
    note.code = code;
    note.error = error;
    if (note.isTimed) note.endedMs = this.clock.elapsedMs();
    note.sequence = ++this.sequence;
    this.notes[note.sequence % NOTES_MAX] = note;
    if (this.listeners.size === 0) return;
    if (this.undelivered.push(note) === 1) this.clock.schedule(0, () => this.deliver());
  }

  get(name: string): KubernetesObject | undefined {
    if (!/^\d{10,15}$/.test(name)) return undefined;
    const note = this.notes[Number(name) % NOTES_MAX];
    return note === undefined || nameOf(note) !== name ? undefined : this.traceOf(note);
  }

  list(): readonly KubernetesObject[] {
    const items: KubernetesObject[] = [];
    for (let sequence = Math.max(1, this.sequence - NOTES_MAX + 1); sequence <= this.sequence; sequence++) {
      const note = this.notes[sequence % NOTES_MAX];
      if (note !== undefined) items.push(this.traceOf(note));
    }
    return items;
  }

  watch(listener: (events: readonly WatchEvent[]) => void): Disposable {
    this.listeners.add(listener);
    return toDisposable(() => {
      this.listeners.delete(listener);
    });
  }

  /** A moment after the writes, so that who was told has been told. */
  private deliver(): void {
    const events: WatchEvent[] = this.undelivered.map((note) => ({ type: 'ADDED', object: this.traceOf(note) }));
    this.undelivered = [];
    for (const listener of this.listeners) listener(events);
  }

  private traceOf(note: RequestNote): RequestTrace {
    let trace = this.made.get(note);
    if (trace === undefined) {
      const { clock } = this;
      const startedAtMs = clock.nowMs() - (clock.elapsedMs() - note.startedMs);
      trace = newTrace(note, formatTime(startedAtMs), note.revision === 0 ? undefined : note.cache?.watchersOf(note.revision));
      this.made.set(note, trace);
    }
    return trace;
  }
}

function nameOf(note: RequestNote): string {
  return String(note.sequence).padStart(NAME_LENGTH, '0');
}

function newTrace(note: RequestNote, startedAt: string, notified: ReadonlyMap<string, number> | undefined): RequestTrace {
  const { user, subresource, namespace, name, error, admissions } = note;
  const status = error instanceof StatusError ? error.status : undefined;
  const traceName = nameOf(note);
  return Object.freeze({
    apiVersion: `${LAB_GROUP}/v1alpha1`, kind: 'RequestTrace',
    metadata: { name: traceName, uid: `request-${traceName}`, resourceVersion: String(note.sequence), creationTimestamp: startedAt },
    spec: {
      user: user.name, groups: user.groups, verb: note.verb,
      ...(note.group === '' ? {} : { group: note.group }), version: note.version, resource: note.resource,
      ...(subresource === undefined ? {} : { subresource }), ...(namespace === undefined || namespace === '' ? {} : { namespace }),
      ...(name === undefined || name === '' ? {} : { name }), ...(note.dryRun ? { dryRun: true } : {}),
    },
    status: {
      code: note.code,
      ...(status?.reason === undefined || status.reason === '' ? {} : { reason: status.reason }), ...(status?.message === undefined ? {} : { message: status.message }),
      ...(note.authorization === '' ? {} : { authorization: note.authorization }),
      ...(note.isTimed ? { stages: stagesOf(note), microseconds: microseconds(note.endedMs - note.startedMs) } : {}),
      ...(admissions === undefined ? {} : { admission: admissions.map((admission) => patchOf(admission, note.resource === 'secrets')) }),
      ...(note.revision === 0 ? {} : { revision: String(note.revision) }),
      ...(notified === undefined ? {} : { notified: [...notified].map(([watcher, watches]) => ({ user: watcher, watches })) }),
    },
  });
}

/** Each stage lasts from the moment before it that was noted; those that were never reached are left out. */
function stagesOf(note: RequestNote): NonNullable<RequestTrace['status']['stages']> {
  const ends = [['authorization', note.authorizedMs], ['mutating', note.mutatedMs], ['validating', note.validatedMs], ['storing', note.storedMs], ['answering', note.endedMs]] as const;
  let before = note.startedMs;
  const stages = [];
  for (const [name, endMs] of ends) {
    if (endMs === 0) continue;
    stages.push({ name, microseconds: microseconds(endMs - before) });
    before = endMs;
  }
  return stages;
}

function patchOf({ plugin, before, after }: NotedAdmission, isSecret: boolean): { readonly plugin: string; readonly patch: readonly object[] } {
  const steps = jsonDifference(before, after);
  return { plugin, patch: isSecret ? steps.map(({ op, path }) => ({ op, path })) : steps };
}

function microseconds(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}
