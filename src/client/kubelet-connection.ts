import type { ByteDuplex, ByteReader, ByteWriter } from '../base/index.ts';

/** What the API server asks of a kubelet: logs and streams of the pods on its node. Kubernetes: the kubelet's HTTPS server. */
export interface KubeletConnection {
  /** A container's log as text. Rejects with StatusError (400 with upstream's text where there is none yet). */
  readLog(pod: PodName, container: string, options: LogOptions): Promise<ByteReader>;
  /** Runs a command in a running container. Resolves with its exit code once it is over. Rejects with StatusError before it starts. */
  exec(pod: PodName, container: string, command: readonly string[], streams: ProcessStreams): Promise<ExitResult>;
  /** Joins the container's main process; ends with it, or with stdin where the container has stdinOnce. */
  attach(pod: PodName, container: string, streams: ProcessStreams): Promise<ExitResult>;
  /** Connects to a port on the pod's own loopback. Rejects where nothing listens. */
  portForward(pod: PodName, port: number): Promise<ByteDuplex>;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

export interface LogOptions {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly timestamps?: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  readonly limitBytes?: number;
}

/** The standard streams of a process in a container. With tty there is no stderr. */
export interface ProcessStreams {
  readonly stdin?: ByteReader;
  readonly stdout?: ByteWriter;
  readonly stderr?: ByteWriter;
  readonly tty: boolean;
  /** Terminal size changes, while the process runs. */
  readonly onResize?: (listener: (size: TerminalSize) => void) => void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ExitResult {
  readonly exitCode: number;
}

/** Finds the kubelet of a node. */
export interface KubeletConnector {
  /** undefined where no kubelet of that name is up. */
  connect(nodeName: string): KubeletConnection | undefined;
}

/** Opens connections into the cluster network, for the pods/services proxy, port-forward to a Service and webhooks. */
export interface ClusterDialer {
  /** Rejects with a SocketError-like error (code ECONNREFUSED, EHOSTUNREACH) where nobody answers. */
  dial(ip: string, port: number): Promise<ByteDuplex>;
}
