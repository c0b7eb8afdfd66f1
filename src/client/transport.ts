import type { Disposable } from '../base/index.ts';
import type { KubernetesObject, ResourceName, StatusError } from '../api/index.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

/**
 * One request to the API server. In the same process body and answer go by reference: the server owns a body once it
 * has been handed over (it may add to it and freeze it), and every object that comes back is frozen and shared.
 */
export interface ApiRequest extends ResourceName {
  readonly verb: Verb;
  readonly namespace?: string;
  readonly name?: string;
  /** e.g. 'status', 'scale', 'binding', 'eviction', 'token'. */
  readonly subresource?: string;
  readonly body?: unknown;
  /** Only with verb patch. */
  readonly patchType?: PatchType;
  readonly query?: RequestQuery;
}

/** Query parameters with Kubernetes' own names. */
export interface RequestQuery {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
  readonly dryRun?: 'All';
  readonly fieldManager?: string;
  /** The request named no fieldManager: it is the user agent's. */
  readonly fieldManagerImplied?: true;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  readonly force?: boolean;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

export interface WatchEvent<T extends KubernetesObject = KubernetesObject> {
  readonly type: WatchEventType;
  readonly object: T;
}

/** Where a watch delivers. Events come in order, batched as they happened; onClose comes once, last. */
export interface WatchSink<T extends KubernetesObject = KubernetesObject> {
  onEvents(events: readonly WatchEvent<T>[]): void;
  /** undefined: ended in order (time-out, server stop). 410 Expired: list again. */
  onClose(error: StatusError | undefined): void;
}

/** The way to the API server: in the same process, or over HTTPS. Every component has its own, with its own identity. */
export interface Transport {
  /** Rejects with StatusError. A list answers a KubernetesList. */
  request(request: ApiRequest): Promise<unknown>;
  /** Starts a watch (verb is taken to be 'watch'). Dispose to stop; onClose is then not called. */
  watch(request: Omit<ApiRequest, 'verb'>, sink: WatchSink): Disposable;
}
