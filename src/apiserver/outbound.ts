/** Where a server is in the cluster's network. */
export interface ClusterAddress {
  readonly ip: string;
  readonly port: number;
}

/** One call of another server over TLS. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST';
  /** https://host:port/path?query. Its host is the name that the certificate has to be for. */
  readonly url: string;
  /** Dialed in the cluster's network in place of the URL's host; undefined: the host is the machine's affair. */
  readonly at?: ClusterAddress;
  /** PEM of the authorities that may have signed the server's certificate. Default: those that the machine trusts. */
  readonly caBundle?: string;
  /** The server is an aggregated one: leave its certificate unchecked. Kubernetes: APIServiceSpec.insecureSkipTLSVerify. */
  readonly skipsVerification?: true;
  /** Show the front proxy's client certificate. */
  readonly asFrontProxy?: true;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the whole call, in the lab's time. */
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/** An answer, whatever its code says; or why there is none, in the words of Go's HTTP client without its "Post "URL": ". */
export type OutboundResult =
  | { readonly done: true; readonly code: number; readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array }
  | { readonly done: false; readonly reason: 'timeout' | 'unreachable' | 'broken' | 'too large'; readonly message: string };

/** How the API server calls others: admission and conversion webhooks, aggregated API servers. Never rejects. */
export interface Outbound {
  send(request: OutboundRequest): Promise<OutboundResult>;
}

/** For an API server that nobody has given a way out. */
export const NO_OUTBOUND: Outbound = {
  send: () => Promise.resolve({ done: false, reason: 'unreachable', message: 'dial tcp: connect: network is unreachable' }),
};
