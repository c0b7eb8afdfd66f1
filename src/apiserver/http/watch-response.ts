import type { Writable } from 'node:stream';
import { assertDefined, type Disposable } from '../../base/index.ts';
import { encodedJson, encodeProtobuf, encodeProtobufEvent, type KubernetesObject, type ResourceDefinition, type StatusError } from '../../api/index.ts';
import type { ApiRequest, WatchEvent, WatchSink } from '../../client/index.ts';
import type { Clock } from '../../world/index.ts';
import type { ApiServer, UserInfo } from '../server.ts';
import type { Negotiated } from './accept.ts';
import type { Exchange } from './exchange.ts';
import { respondError, warningHeader } from './respond.ts';
import { type IncludeObject, toBookmarkTable, toPartialObject, toTable } from './table.ts';
import { nextTurn } from './turn.ts';

/** A client that leaves this much unread is cut off, so that it costs the others nothing. */
const UNREAD_BYTES_MAX = 8 * 1024 * 1024;

export interface WatchForm {
  readonly negotiated: Negotiated;
  readonly definition: ResourceDefinition;
  readonly includeObject: IncludeObject;
}

/** Where the lines of a watch go: an HTTP body, or the messages of a WebSocket. */
export interface WatchOutput {
  write(bytes: Uint8Array): void;
  /** Bytes that the client has not taken yet. */
  unreadBytes(): number;
  end(): void;
  destroy(): void;
}

/**
 * Answers a watch: JSON, one event a line, or protobuf, one event a frame. Nothing is sent before the server has had the chance to refuse, so that a
 * refusal is an ordinary answer; an expired revision comes as an ERROR event, as upstream does it.
 */
export function respondWatch(
  exchange: Exchange, apiServer: ApiServer, user: UserInfo, request: Omit<ApiRequest, 'verb'>, form: WatchForm, clock: Clock,
): Promise<void> {
  return runWatch(apiServer, user, request, form, clock, {
    open: () => bodyOutput(exchange.respondStream(200, {
      'content-type': form.negotiated.encoding === 'protobuf' ? 'application/vnd.kubernetes.protobuf;stream=watch' : 'application/json', 'cache-control': 'no-cache, private',
      ...(form.definition.deprecation === undefined ? {} : { warning: warningHeader(form.definition.deprecation) }),
    })),
    refuse: (error) => respondError(exchange, error),
    onGone: (listener) => exchange.onClose(listener),
    onEvents: exchange.answer.onEvents,
  });
}

export interface WatchCarrier {
  /** Begins the answer. Called at most once. */
  open(): WatchOutput;
  /** Refuses the watch before it has begun. */
  refuse(error: StatusError): void;
  onGone(listener: () => void): void;
  /** Told of events as they are sent. */
  readonly onEvents: ((events: number, bytes: number) => void) | undefined;
}

/** Runs one watch until either side ends it. Never rejects. */
export function runWatch(
  apiServer: ApiServer, user: UserInfo, request: Omit<ApiRequest, 'verb'>, form: WatchForm, clock: Clock, carrier: WatchCarrier,
): Promise<void> {
  return new Promise((resolve) => {
    let output: WatchOutput | undefined;
    let done = false;
    let subscription: Disposable | undefined; // a sink may be called before watch() returns
    const encode = createEventEncoder(form, clock);
    const open = () => (output ??= carrier.open());
    const finish = () => {
      done = true;
      resolve();
    };
    const sink: WatchSink = {
      onEvents(events) {
        if (done) return;
        const out = open();
        const bytes = encodeAll(events, encode);
        out.write(bytes);
        carrier.onEvents?.(events.length, bytes.length);
        if (out.unreadBytes() <= UNREAD_BYTES_MAX) return;
        subscription?.dispose();
        out.destroy();
        finish();
      },
      onClose(error) {
        if (done) return;
        if (error !== undefined && error.code !== 410 && output === undefined) {
          carrier.refuse(error);
        } else {
          const out = open();
          if (error !== undefined) out.write(form.negotiated.encoding === 'protobuf' ? protobufFrame('ERROR', error.status) : frame('ERROR', json(error.status)));
          out.end();
        }
        finish();
      },
    };
    subscription = apiServer.watch(user, request, sink);
    if (done) subscription.dispose();
    carrier.onGone(() => {
      if (done) return;
      subscription?.dispose();
      finish();
    });
    // The client waits for the headers; the server has refused by now if it does.
    void nextTurn().then(() => {
      if (!done) open();
    });
  });
}

function bodyOutput(body: Writable): WatchOutput {
  return {
    write: (bytes) => void (body.destroyed || body.writableEnded || body.write(bytes)),
    unreadBytes: () => body.writableLength,
    end: () => void body.end(),
    destroy: () => void body.destroy(),
  };
}

type EventEncoder = (event: WatchEvent) => Uint8Array;

function encodeAll(events: readonly WatchEvent[], encode: EventEncoder): Uint8Array {
  const [first] = events;
  return events.length === 1 && first !== undefined ? encode(first) : Buffer.concat(events.map(encode));
}

function createEventEncoder(form: WatchForm, clock: Clock): EventEncoder {
  const { as, asVersion, encoding } = form.negotiated;
  if (encoding === 'protobuf') return as === 'object' ? sharedProtobufFrame : ({ type, object }) => protobufFrame(type, toPartialObject(object, asVersion));
  if (as === 'Table') {
    let withoutColumns = false;
    return ({ type, object }) => {
      if (type === 'BOOKMARK') return frame(type, json(toBookmarkTable(object, asVersion)));
      const table = toTable(object, form.definition, { version: asVersion, includeObject: form.includeObject, nowMs: clock.nowMs(), withoutColumns });
      withoutColumns = true;
      return frame(type, json(table));
    };
  }
  if (as !== 'object') return ({ type, object }) => frame(type, json(toPartialObject(object, asVersion)));
  return sharedFrame;
}

const sharedFrame = sharing(({ type, object }) => frame(type, encodedJson(object)));
const sharedProtobufFrame = sharing(({ type, object }) => protobufFrame(type, object));

/** One frame for all who watch the same event. An event reaches its watchers in one turn, so that is how long frames are kept. */
function sharing(make: EventEncoder): EventEncoder {
  const frames = new Map<WatchEvent<KubernetesObject>, Uint8Array>();
  return (event) => {
    const known = frames.get(event);
    if (known !== undefined) return known;
    const made = make(event);
    if (frames.size === 0) void nextTurn().then(() => frames.clear());
    frames.set(event, made);
    return made;
  };
}

function protobufFrame(type: string, object: object): Uint8Array {
  return encodeProtobufEvent(type, assertDefined(encodeProtobuf(object), 'the protobuf form of a watched object'));
}

const LINE_END = Buffer.from('}\n');
const LINE_STARTS = new Map<string, Buffer>();

function frame(type: string, objectJson: Uint8Array): Uint8Array {
  let start = LINE_STARTS.get(type);
  if (start === undefined) LINE_STARTS.set(type, start = Buffer.from(`{"type":"${type}","object":`, 'utf8'));
  return Buffer.concat([start, objectJson, LINE_END]);
}

function json(object: object): Uint8Array {
  return Buffer.from(JSON.stringify(object), 'utf8');
}
