import type { KubernetesObject } from '../../api/index.ts';
import type { ApiRequest } from '../../client/index.ts';
import type { UserInfo } from '../server.ts';
import type { ResourceCache } from '../watchcache/index.ts';

/** An object before and after one admission plugin. */
export interface NotedAdmission {
  readonly plugin: string;
  readonly before: KubernetesObject;
  readonly after: KubernetesObject;
}

/**
 * What is noted of one request while it runs: references and moments, so that it costs next to nothing; RequestTraces makes an object of
 * it when somebody asks. Moments are the clock's elapsedMs, 0 where the request never got there. The body is not kept.
 */
export class RequestNote {
  /** Counts up over the server's life; 0 until the request is over. */
  sequence = 0;
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  name: string | undefined;
  readonly dryRun: boolean;
  readonly startedMs: number;
  /** False: startedMs is only about right, and no other moment is noted. */
  readonly isTimed: boolean;
  authorizedMs = 0;
  mutatedMs = 0;
  validatedMs = 0;
  storedMs = 0;
  endedMs = 0;
  authorization = '';
  admissions: NotedAdmission[] | undefined = undefined;
  /** 0: the request wrote nothing. */
  revision = 0;
  /** Where those who watch what was written stand. */
  cache: ResourceCache | undefined = undefined;
  code = 0;
  error: unknown = undefined;

  constructor(user: UserInfo, request: ApiRequest, startedMs: number, isTimed: boolean) {
    this.user = user;
    this.verb = request.verb;
    this.group = request.group;
    this.version = request.version;
    this.resource = request.resource;
    this.subresource = request.subresource;
    this.namespace = request.namespace;
    this.name = request.name;
    this.dryRun = request.query?.dryRun === 'All';
    this.startedMs = startedMs;
    this.isTimed = isTimed;
  }
}
