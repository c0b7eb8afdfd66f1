import { messageOf } from '../../base/index.ts';
import { StatusError } from '../../api/index.ts';
import type { WatchEvent, WatchSink } from '../../client/index.ts';
import { newInternalError } from '../errors.ts';
import type { Conversion } from './endpoint.ts';

/** Converts the events of a watch by somebody else before they are told of, in their order. What can't be converted ends the watch. */
export function convertingSink(conversion: Conversion, sink: WatchSink): WatchSink {
  let last: Promise<void> = Promise.resolve();
  let ended = false;
  const end = (error: StatusError | undefined): void => {
    if (ended) return;
    ended = true;
    sink.onClose(error);
  };
  const then = (work: () => Promise<void> | void): void => {
    last = last.then(async () => {
      if (!ended) await work();
    }).catch((error: unknown) => end(error instanceof StatusError ? error : newInternalError(messageOf(error))));
  };
  const deliver = async (events: readonly WatchEvent[]): Promise<void> => {
    await conversion.remote?.makeReady(events.filter(({ type }) => type !== 'BOOKMARK').map(({ object }) => object));
    sink.onEvents(events.map((event) => (event.type === 'BOOKMARK' ? event : { type: event.type, object: conversion.fromStored(event.object) })));
  };
  return {
    onEvents: (events) => then(() => deliver(events)),
    onClose: (error) => then(() => end(error)),
  };
}
