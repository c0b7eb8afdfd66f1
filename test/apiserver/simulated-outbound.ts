import type { Outbound, OutboundRequest, OutboundResult } from '../../src/apiserver/index.ts';

/** An AdmissionReview as a webhook gets it, loosely typed. */
export interface ReviewRequest {
  readonly uid: string;
  readonly operation: string;
  readonly object: any;
  readonly oldObject: any;
  readonly [field: string]: any;
}

/** What a webhook makes of a review: the fields of its response, or a whole answer. */
export type Webhook = (request: ReviewRequest, sent: OutboundRequest) => object | OutboundResult | Promise<object | OutboundResult>;

/** The way out in tests: webhooks are functions, by the path of their URLs; everybody else refuses the connection. */
export interface SimulatedOutbound extends Outbound {
  readonly webhooks: Map<string, Webhook>;
  /** Path and what was asked, e.g. /deny CREATE configmaps a. */
  readonly calls: string[];
}

export function createSimulatedOutbound(): SimulatedOutbound {
  const webhooks = new Map<string, Webhook>();
  const calls: string[] = [];
  return {
    webhooks, calls,
    async send(sent) {
      const { pathname, host } = new URL(sent.url);
      const webhook = webhooks.get(pathname);
      if (webhook === undefined) return { done: false, reason: 'unreachable', message: `dial tcp ${host}: connect: connection refused` };
      const review = JSON.parse(Buffer.from(sent.body ?? new Uint8Array()).toString()) as { readonly apiVersion: string; readonly request: ReviewRequest };
      const { request } = review;
      calls.push(`${pathname} ${request.operation} ${request['resource'].resource}${request['subResource'] === undefined ? '' : `/${request['subResource']}`} ${request['name'] ?? ''}`.trimEnd());
      const answer = await webhook(request, sent);
      return 'done' in answer ? answer as OutboundResult : answered({ apiVersion: review.apiVersion, kind: 'AdmissionReview', response: { uid: request.uid, allowed: true, ...answer } });
    },
  };
}

/** An answer with a body. */
export function answered(body: unknown, code = 200, contentType = 'application/json'): OutboundResult {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { done: true, code, headers: { 'content-type': contentType }, body: Buffer.from(text) };
}

/** A response with a JSON patch. */
export function patchOf(...operations: readonly object[]): object {
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') };
}
