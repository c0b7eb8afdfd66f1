import type { Disposable } from '../base/index.ts';
import type { KubernetesObject, ResourceDefinition } from '../api/index.ts';
import type { Aggregator } from './aggregator/index.ts';
import type { Authenticated, Impersonated, NotAuthenticated } from './authentication/index.ts';
import type { FlowControl } from './flowcontrol/index.ts';
import type { ApiRequest, Transport, WatchSink } from '../client/index.ts';

/** Who makes a request. Kubernetes: authentication/user.Info. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** An answer as HTTP will give it. */
export interface ApiResponse {
  readonly code: 200 | 201 | 202;
  /** A frozen object or list, or a Status. */
  readonly object: KubernetesObject | object;
  readonly warnings: readonly string[];
}

export interface AuthorizationAttributes {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** For non-resource requests, e.g. /healthz. */
  readonly path?: string;
  /** Of lists, watches and deletecollections. */
  readonly fieldSelector?: string | undefined;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A request for a stream: exec, attach, port-forward, proxy. */
export interface ConnectionRequest {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What is asked, e.g. a PodExecOptions. */
  readonly options: object;
}

/** By when a request has to be done. */
export interface Deadline {
  readonly expired: boolean;
}

/** What surrounds a request that came from outside. */
export interface RequestContext {
  /** Takes what is to be said in its audit event; undefined where nobody records it. */
  readonly annotations?: Map<string, string> | undefined;
  /** Where it expires, what was not written is not. */
  readonly deadline?: Deadline | undefined;
}

/** The API server without its HTTP: the only door to the store. */
export interface ApiServer {
  /** Bootstrap objects are in the store. */
  start(): Promise<void>;
  stop(): void;
  /** A transport in the same process with the identity of user; authorization and admission apply as for everybody. */
  transportFor(user: UserInfo): Transport;
  /** Authorization, admission, validation, storage. Rejects with StatusError. */
  request(user: UserInfo, request: ApiRequest, context?: RequestContext): Promise<ApiResponse>;
  watch(user: UserInfo, request: Omit<ApiRequest, 'verb'>, sink: WatchSink): Disposable;
  authorize(user: UserInfo, attributes: AuthorizationAttributes): AuthorizationDecision;
  /** Asks admission about a connection to a pod, Service or node that is allowed. Throws or rejects with StatusError where it may not be. */
  admitConnection(user: UserInfo, connection: ConnectionRequest): Promise<void> | undefined;
  /** The user of a bearer token, or why it is no good. Never rejects. */
  authenticateToken(token: string): Authenticated | NotAuthenticated | Promise<Authenticated | NotAuthenticated>;
  /** Whom a user may act as, for one request. Throws Forbidden. */
  impersonate(user: UserInfo, wanted: UserInfo, attributes: AuthorizationAttributes): Impersonated;
  /** Why the store takes no writes; undefined where it does. */
  writeFailure(): string | undefined;
  readonly resources: ResourceTable;
  /** The group versions that other servers serve. */
  readonly aggregator: Aggregator;
  /** What the server has done since it started, as upstream's health checks name it. */
  startHooks?(): readonly string[];
  /** How many objects of each resource are stored, for the metrics. */
  objectCounts?(): readonly ObjectCount[];
  /** Who may run now, for requests from outside; undefined: whoever comes, up to the door's own limits. */
  readonly flowControl?: FlowControl;
}

/** How many objects there are of a resource. */
export interface ObjectCount {
  readonly group: string;
  readonly resource: string;
  readonly count: number;
}

/** The resources that are served. */
export interface ResourceTable {
  get(group: string, version: string, resource: string): ResourceDefinition | undefined;
  all(): readonly ResourceDefinition[];
  /** Called when resources come or go. */
  onChange(listener: () => void): Disposable;
}
