import type { ObjectMeta, Status, StatusCause, StatusDetails, TypeMeta } from './types.ts';

/** Any Kubernetes object as the API server gives it out: frozen and shared. Build a new one to change it. */
export interface KubernetesObject extends TypeMeta {
  readonly metadata: ObjectMeta;
}

/** An object on its way to the API server, which fills in what is missing (uid, resourceVersion, defaults). */
export type NewObject<T extends KubernetesObject = KubernetesObject> = Omit<T, 'metadata' | 'status'> & {
  readonly metadata: Partial<ObjectMeta>;
  readonly status?: unknown;
};

export interface KubernetesList<T extends KubernetesObject = KubernetesObject> extends TypeMeta {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly T[];
}

/** Names one resource of the API, e.g. {group: 'apps', version: 'v1', resource: 'deployments'}. The core group is ''. */
export interface ResourceName {
  readonly group: string;
  readonly version: string;
  /** Lower-case plural. */
  readonly resource: string;
}

/** A resource together with the type of its objects, so that clients need no casts. */
export interface ResourceRef<T extends KubernetesObject> extends ResourceName {
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set at run time; carries T. */
  readonly objectType?: T;
}

/** The machine-readable reasons of a failure. Kubernetes: apimachinery/pkg/apis/meta/v1, StatusReason. */
export type StatusReason =
  | 'Unauthorized' | 'Forbidden' | 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Gone' | 'Invalid' | 'ServerTimeout'
  | 'Timeout' | 'TooManyRequests' | 'BadRequest' | 'MethodNotAllowed' | 'NotAcceptable' | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType' | 'InternalError' | 'Expired' | 'ServiceUnavailable' | '';

/** The one error that crosses the API: a failed request with Kubernetes' own Status. */
export class StatusError extends Error {
  readonly status: Status;
  constructor(status: Omit<Status, 'metadata'>) {
    super(status.message ?? status.reason ?? 'unknown');
    this.name = 'StatusError';
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, ...status } as unknown as Status;
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): StatusReason {
    return (this.status.reason ?? '') as StatusReason;
  }
}

/** A StatusError of the given code and reason. */
export function newStatusError(
  code: number, reason: StatusReason, message: string, details?: StatusDetails,
): StatusError {
  return new StatusError({ status: 'Failure', message, ...(reason === '' ? {} : { reason }), ...(details === undefined ? {} : { details }), code });
}

/** True where error is a StatusError with one of the reasons. */
export function hasReason(error: unknown, ...reasons: StatusReason[]): error is StatusError {
  return error instanceof StatusError && reasons.includes(error.reason);
}

export type { StatusCause, StatusDetails };
