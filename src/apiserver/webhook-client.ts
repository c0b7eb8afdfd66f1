import { decodeBase64, decodeText, encodeText } from '../base/index.ts';
import type { Status, WebhookClientConfig } from '../api/index.ts';
import type { ClusterAddress, Outbound, OutboundResult } from './outbound.ts';
import { resolveService } from './service-resolver.ts';
import type { ResourceCache } from './watchcache/index.ts';

/** An answer's JSON; or why there is none, in upstream's words. */
export type WebhookAnswer =
  | { readonly done: true; readonly object: object }
  /** isMisconfigured: nobody could even be called. */
  | { readonly done: false; readonly message: string; readonly timedOut: boolean; readonly isMisconfigured?: true };

export interface WebhookCall {
  readonly config: WebhookClientConfig;
  /** A review; it is encoded once. */
  readonly body: object;
  readonly timeoutMs: number;
  /** Whether the URL says for how long the answer is waited for, as admission's does. */
  readonly tellsTimeout: boolean;
}

/** Posts reviews to webhooks, by URL or to a Service. Never rejects. */
export interface WebhookClient {
  call(call: WebhookCall): Promise<WebhookAnswer>;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/;
/** Where a Service listens when its reference does not say. */
const DEFAULT_PORT = 443;
/** Twice the largest object with all that JSON can add to it; upstream has no limit. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Kubernetes: client-go/rest, maxUnstructuredResponseTextBytes. */
const SHOWN_ANSWER_LENGTH_MAX = 2048;

/** Calls webhooks as upstream's client does. Kubernetes: apiserver/pkg/util/webhook, ClientManager. */
export function createWebhookClient(outbound: Outbound, services: ResourceCache): WebhookClient {
  return {
    async call({ config, body, timeoutMs, tellsTimeout }) {
      const target = targetOf(config, services);
      if (!target.done) return { done: false, message: target.message, timedOut: false, isMisconfigured: true };
      const caBundle = config.caBundle === undefined || config.caBundle === '' ? undefined : decodeBase64(config.caBundle);
      const authorities = caBundle === undefined ? undefined : decodeText(caBundle);
      if (authorities !== undefined && !CERTIFICATE.test(authorities)) {
        return { done: false, message: 'unable to load root certificates: unable to parse bytes as PEM block', timedOut: false, isMisconfigured: true };
      }
      const url = tellsTimeout ? `${target.url}?timeout=${Math.ceil(timeoutMs / 1000)}s` : target.url;
      const failure = (message: string, timedOut = false): WebhookAnswer => ({ done: false, message: `Post ${JSON.stringify(url)}: ${message}`, timedOut });
      if (target.unreachable !== undefined) return failure(target.unreachable);
      const result = await outbound.send({
        method: 'POST', url, timeoutMs, answerBytesMax: ANSWER_BYTES_MAX, body: encodeText(JSON.stringify(body)), headers: REQUEST_HEADERS,
        ...(target.at === undefined ? {} : { at: target.at }), ...(authorities === undefined ? {} : { caBundle: authorities }),
      });
      if (!result.done) {
        // While the body is read, Go's error has no URL.
        const message = result.message.startsWith('unexpected error when reading') ? result.message : undefined;
        return message === undefined ? failure(result.message, result.reason === 'timeout') : { done: false, message, timedOut: result.reason === 'timeout' };
      }
      return read(result);
    },
  };
}

const REQUEST_HEADERS = { 'content-type': 'application/json', accept: 'application/json, */*', 'user-agent': 'kube-apiserver-admission' };

type Target =
  | { readonly done: true; readonly url: string; readonly at?: ClusterAddress; readonly unreachable?: string }
  | { readonly done: false; readonly message: string };

function targetOf({ url, service }: WebhookClientConfig, services: ResourceCache): Target {
  if (service !== undefined) {
    const { namespace, name, path = '', port = DEFAULT_PORT } = service;
    const resolved = resolveService(services, namespace, name, port);
    const whole = `https://${name}.${namespace}.svc:${port}${path === '' ? '/' : path}`;
    return resolved.done ? { done: true, url: whole, at: resolved.at } : { done: true, url: whole, unreachable: resolved.message };
  }
  if (url === undefined || url === '') return { done: false, message: 'webhook configuration must have either service or URL' };
  const parsed = URL.parse(url);
  if (parsed === null) return { done: false, message: `Unparsable URL: parse ${JSON.stringify(url)}: invalid URL` };
  // Query and fragment are not allowed in a configuration.
  return { done: true, url: `${parsed.protocol}//${parsed.host}${parsed.pathname}` };
}

function read({ code, headers, body }: Extract<OutboundResult, { done: true }>): WebhookAnswer {
  const contentType = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const text = decodeText(body);
  if (code < 200 || code > 206) {
    const message = messageOfStatus(text) ?? responseMessage(code, contentType === '' || contentType.startsWith('text/') ? text.slice(0, SHOWN_ANSWER_LENGTH_MAX).trim() : 'unknown');
    return { done: false, message, timedOut: false };
  }
  if (body.length === 0) return { done: false, message: `0-length response with status code: ${code} and content type: ${headers['content-type'] ?? 'application/json'}`, timedOut: false };
  const object = parsed(text);
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return { done: true, object };
  return { done: false, message: `couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(object)} into Go value of type ${TYPE_META}`, timedOut: false };
}

const TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Upstream takes what is no JSON for YAML, of which any text is a string. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function goTypeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** A server that is of Kubernetes' kind says itself what is wrong. */
function messageOfStatus(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const status = JSON.parse(text) as Partial<Status>;
    return status.kind === 'Status' && status.status === 'Failure' && typeof status.message === 'string' ? status.message : undefined;
  } catch {
    return undefined;
  }
}

/** Kubernetes: apimachinery/pkg/api/errors, NewGenericServerResponse. */
function responseMessage(code: number, serverMessage: string): string {
  switch (code) {
    case 400:
      return 'the server rejected our request for an unknown reason';
    case 401:
      return 'the server has asked for the client to provide credentials';
    case 403: case 415:
      return serverMessage;
    case 404:
      return 'the server could not find the requested resource';
    case 405:
      return 'the server does not allow this method on the requested resource';
    case 406:
      return serverMessage === '' || serverMessage === 'unknown' ? 'the server was unable to respond with a content type that the client supports' : serverMessage;
    case 409:
      return 'the server reported a conflict';
    case 422:
      return 'the server rejected our request due to an error in our request';
    case 429:
      return 'the server has received too many requests and has asked us to try again later';
    case 503:
      return 'the server is currently unable to handle the request';
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request';
    default:
      return code >= 500 ? `an error on the server (${JSON.stringify(serverMessage)}) has prevented the request from succeeding`
        : `the server responded with the status code ${code} but did not return more information`;
  }
}
