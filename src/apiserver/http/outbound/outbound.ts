import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Disposable } from '../../../base/index.ts';
import type { ClusterDialer } from '../../../client/index.ts';
import type { Clock } from '../../../world/index.ts';
import type { Outbound, OutboundRequest, OutboundResult } from '../../outbound.ts';
import type { KeyPair } from '../certificates.ts';
import { ClusterAgent, type ClusterRequestOptions } from './cluster-agent.ts';
import { describeFailure } from './failure.ts';

export interface OutboundOptions {
  readonly clock: Clock;
  /** The cluster's network as the machine of the control plane sees it. */
  readonly dialer: ClusterDialer;
  /** Shown to aggregated API servers. Kubernetes: --proxy-client-cert-file. */
  readonly frontProxy?: KeyPair;
}

/** The head of a call whose body and answer the caller takes care of. */
export type OutboundHead = Pick<OutboundRequest, 'url' | 'at' | 'caBundle' | 'skipsVerification' | 'asFrontProxy'> & {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
};

/** The way out over node:https; connections are kept for the next call to the same server. */
export interface HttpOutbound extends Outbound, Disposable {
  /** Begins a call whose body and answer are streams. Throws where the URL or the CA bundle can't be used. */
  open(head: OutboundHead): ClientRequest;
}

/** Calls servers over TLS: by URL over the machine's network, at a cluster address over the cluster's. */
export function createOutbound({ clock, dialer, frontProxy }: OutboundOptions): HttpOutbound {
  const agent = new ClusterAgent(dialer);
  const open = (head: OutboundHead): ClientRequest => {
    const url = new URL(head.url);
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const options: ClusterRequestOptions = {
      agent, method: head.method, host: hostname, port: url.port === '' ? 443 : Number(url.port), path: `${url.pathname}${url.search}`,
      headers: head.headers, servername: /^[\d.]+$|:/.test(hostname) ? '' : hostname,
      // HTTP/1.1 spreads calls over the endpoints of a Service. Kubernetes: webhookutil.ClientManager, NextProtos.
      ALPNProtocols: ['http/1.1'], minVersion: 'TLSv1.2',
      ...(head.at === undefined ? {} : { at: head.at }),
      ...(head.caBundle === undefined || head.caBundle === '' ? {} : { ca: head.caBundle }),
      ...(head.skipsVerification === true ? { rejectUnauthorized: false } : {}),
      ...(head.asFrontProxy !== true || frontProxy === undefined ? {} : { cert: frontProxy.certificatePem, key: frontProxy.keyPem }),
    };
    return httpsRequest(options);
  };
  return {
    open,
    send: (request) => sendOnce(open, clock, request, 1),
    dispose: () => agent.destroy(),
  };
}

function sendOnce(open: (head: OutboundHead) => ClientRequest, clock: Clock, request: OutboundRequest, retries: number): Promise<OutboundResult> {
  const startMs = clock.nowMs();
  return new Promise((resolve) => {
    let outgoing: ClientRequest;
    try {
      const length = request.body === undefined ? {} : { 'content-length': String(request.body.length) };
      outgoing = open({ ...request, headers: { ...request.headers, ...length } });
    } catch (error) {
      resolve({ done: false, reason: 'broken', message: describeFailure(error, request) });
      return;
    }
    let answering = false;
    const finish = (result: OutboundResult) => {
      timeout.dispose();
      resolve(result);
      if (!result.done) outgoing.destroy();
    };
    const timeout = clock.schedule(request.timeoutMs, () => {
      finish({ done: false, reason: 'timeout', message: `${answering ? BODY_FAILURE : ''}context deadline exceeded` });
    });
    const fail = (error: Error) => {
      timeout.dispose();
      const leftMs = request.timeoutMs - (clock.nowMs() - startMs);
      // The server had closed a kept connection when the call came: nobody has seen it. Kubernetes: net/http, shouldRetryRequest.
      if (outgoing.reusedSocket && !answering && retries > 0 && leftMs > 0 && /ECONNRESET|EPIPE|hang up/.test(`${codeOf(error)} ${error.message}`)) {
        void sendOnce(open, clock, { ...request, timeoutMs: leftMs }, retries - 1).then(resolve);
        return;
      }
      const reason = answering ? 'broken' : 'unreachable';
      finish({ done: false, reason, message: `${answering ? BODY_FAILURE : ''}${describeFailure(error, request)}` });
    };
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      answering = true;
      collect(response, request.answerBytesMax, finish, fail);
    });
    outgoing.end(request.body);
  });
}

/** Kubernetes: client-go/rest, transformResponse. */
const BODY_FAILURE = 'unexpected error when reading response body. Please retry. Original error: ';

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function collect(response: IncomingMessage, bytesMax: number, finish: (result: OutboundResult) => void, fail: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > bytesMax) finish({ done: false, reason: 'too large', message: `${BODY_FAILURE}the answer is larger than ${bytesMax} bytes` });
    else chunks.push(chunk);
  });
  response.on('end', () => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    finish({ done: true, code: response.statusCode ?? 0, headers, body: Buffer.concat(chunks, length) });
  });
  response.on('error', fail);
}
