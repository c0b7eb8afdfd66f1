import type { Disposable } from '../../base/index.ts';
import type { Client, EventRecorder, InformerFactory } from '../../client/index.ts';
import type { Clock, Random } from '../../world/index.ts';

/** What a controller is given. It writes as itself and reads from informers that all controllers share. */
export interface ControllerContext {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each failed pass and of what a controller could not do; for the log. */
  readonly onError: (key: string, error: unknown) => void;
}

/** Starts a controller whose informers have synced or will; dispose ends it and leaves no timer. */
export type StartController = (context: ControllerContext) => Disposable;
