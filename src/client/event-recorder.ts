import { createDeferred, type Disposable } from '../base/index.ts';
import { events, formatTime, hasReason, type KubernetesObject, type ObjectReference, type ResourceRef, StatusError } from '../api/index.ts';
import type { Clock } from '../world/index.ts';
import type { Client } from './client.ts';
import { type Correlation, EventCorrelator, type EventFacts } from './event-correlator.ts';

/** Core v1 Events. */

/** Tells learners and operators what a component does, as Events. Never blocks, never fails its caller. */
export interface EventRecorder extends Disposable {
  event(involvedObject: ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Resolves when all told so far is written or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** e.g. deployment-controller, default-scheduler, kubelet. */
  readonly component: string;
  /** The node, for kubelets. */
  readonly host?: string;
}

/** Events that wait to be written; more are dropped. Upstream has 1,000 (record.maxQueuedEvents), which are written while others work. */
const queuedEventsMax = 10_000;
/** What events tell of goes on first: they wait for so many turns, and others get a turn after so many of them. */
const restTurns = 12;
const writesPerTurn = 100;
/** Kubernetes: record.maxTriesPerEvent, and the sleep between. */
const retriesMax = 12;
const retryMs = 10_000;

/** The reference to an object that an Event carries. */
export function objectReference<T extends KubernetesObject>(ref: ResourceRef<T>, object: T, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: ref.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name, uid,
    apiVersion: ref.group === '' ? ref.version : `${ref.group}/${ref.version}`,
    resourceVersion,
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** Kubernetes: client-go tools/record, with its correlator. Events have count, firstTimestamp and lastTimestamp. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, component, host } = options;
  const resource = options.client.resource(events);
  const correlator = new EventCorrelator();
  const queue: ToldEvent[] = [];
  const disposal = new AbortController();
  let writing: Promise<void> | undefined;
  let rest: Rest | undefined;
  let isFlushing = false;
  let lastNanos = 0n;
  // The clock has milliseconds; recorders that tell of one object in the same one keep to different nanoseconds of it.
  const ownNanos = nanosOf(`${component}|${host ?? ''}`);

  /** Unique within this recorder, and like upstream the time in nanoseconds. */
  const nameSuffix = (nowMs: number) => {
    const nanos = BigInt(Math.floor(nowMs)) * 1_000_000n + ownNanos;
    lastNanos = nanos > lastNanos ? nanos : lastNanos + 1n;
    return lastNanos.toString(16);
  };
  const newEvent = (facts: EventFacts, message: string, nowMs: number) => {
    const time = formatTime(nowMs);
    const { involvedObject } = facts;
    return {
      apiVersion: 'v1', kind: 'Event',
      metadata: { name: `${involvedObject.name}.${nameSuffix(nowMs)}`, namespace: involvedObject.namespace ?? 'default' },
      involvedObject,
      reason: facts.reason,
      message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: time, lastTimestamp: time, count: 1,
      type: facts.type,
      reportingComponent: component, reportingInstance: host ?? '',
    };
  };
  const write = async (facts: ToldEvent, correlation: Exclude<Correlation, { kind: 'skip' }>) => {
    const { atMs: nowMs } = facts;
    if (correlation.kind === 'count') {
      const patch = { count: correlation.count, lastTimestamp: formatTime(nowMs), message: correlation.message };
      try {
        const event = await resource.patch(correlation.event, patch, { type: 'application/strategic-merge-patch+json' });
        return correlator.record(correlation.slot, event);
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
        correlator.record(correlation.slot, undefined); // its hour is over; tell it anew
      }
    }
    correlator.record(correlation.slot, await resource.create(newEvent(facts, correlation.message, nowMs)));
  };
  const writeOne = async (facts: ToldEvent) => {
    const correlation = correlator.correlate(facts, facts.atMs);
    if (correlation.kind === 'skip') return;
    for (let tries = 0; tries < retriesMax && !disposal.signal.aborted; tries++) {
      try {
        return await write(facts, correlation);
      } catch (error) {
        if (hasReason(error, 'AlreadyExists')) continue; // another recorder had the same name; the next one differs
        if (error instanceof StatusError && error.code < 500 && error.code !== 429) return; // e.g. the namespace is going
        await clock.sleep(retryMs, disposal.signal);
      }
    }
  };
  const writeAll = async () => {
    while (queue.length > 0) {
      if (!isFlushing) await (rest = takeRest(clock, restTurns)).over;
      const batch = queue.splice(0, writesPerTurn);
      for (const facts of batch) await writeOne(facts);
    }
    writing = undefined;
  };

  return {
    event(involvedObject, type, reason, message) {
      if (disposal.signal.aborted || queue.length >= queuedEventsMax) return;
      queue.push({ involvedObject, type, reason, message, atMs: clock.nowMs() });
      writing ??= writeAll();
    },
    async flush() {
      isFlushing = true;
      rest?.end();
      await writing;
      isFlushing = false;
    },
    dispose() {
      disposal.abort();
      queue.length = 0;
      rest?.end();
    },
  };
}

interface ToldEvent extends EventFacts {
  readonly atMs: number;
}

interface Rest {
  readonly over: Promise<void>;
  /** Ends it sooner. */
  end(): void;
}

function takeRest(clock: Clock, turns: number): Rest {
  const { promise, resolve } = createDeferred<void>();
  let turn: Disposable | undefined;
  const pass = (left: number) => {
    if (left === 0) resolve();
    else turn = clock.schedule(0, () => pass(left - 1));
  };
  pass(turns);
  return {
    over: promise,
    end() {
      turn?.dispose();
      resolve();
    },
  };
}

/** A number of nanoseconds below a millisecond that belongs to a text. */
function nanosOf(text: string): bigint {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) >>> 0;
  return BigInt(hash % 1_000_000);
}
