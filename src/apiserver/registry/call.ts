import type { Clock, Random } from '../../world/index.ts';
import type { Store } from '../../etcd/index.ts';
import type { ApiRequest, RequestQuery } from '../../client/index.ts';
import type { AdmissionChain } from '../admission/index.ts';
import type { Deadline, UserInfo } from '../server.ts';
import type { RequestNote } from '../tracing/index.ts';
import type { WatchCache } from '../watchcache/index.ts';
import type { Endpoint } from './endpoint.ts';
import type { WriteHooks } from './write-hooks.ts';

/** What the registry works with. */
export interface RegistryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly watchCache: WatchCache;
  readonly admission: AdmissionChain;
  readonly hooks: WriteHooks;
  /** Throws Forbidden where the user of an update or patch may not also create. */
  readonly authorizeCreate: (call: Call, name: string) => void;
}

/** One request on its way through the server. */
export interface Call {
  readonly user: UserInfo;
  readonly request: ApiRequest;
  readonly endpoint: Endpoint;
  readonly query: RequestQuery;
  /** '' where the resource has no namespaces. */
  readonly namespace: string;
  readonly dryRun: boolean;
  /** It came through the public door, so that nothing in its body is trusted; in-process components are typed. */
  readonly untrusted: boolean;
  /** In whose name managedFields keep the write, where that is a subresource whose write is one to the resource. */
  readonly writtenThrough?: string;
  /** For its trace. */
  readonly note: RequestNote;
  /** The answer's HTTP code; 201 once something was created. */
  code: 200 | 201 | 202;
  /** What the request's audit event says besides; set where somebody records it. */
  readonly auditAnnotations?: Map<string, string> | undefined;
  warnings: string[] | undefined;
  /** Once it has expired nobody waits for the answer, and nothing is written any more. */
  readonly deadline?: Deadline | undefined;
}

export const NO_QUERY: RequestQuery = Object.freeze({});

/** Adds a warning for the client. */
export function warn(call: Call, text: string): void {
  (call.warnings ??= []).push(text);
}
