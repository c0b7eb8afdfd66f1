import net from 'node:net';
import { type Disposable, messageOf } from '../base/index.ts';
import { openWebSocket, readRefusal, toBuffer } from './exec-channel.ts';
import type { ClusterCredentials } from './kubeconfig.ts';

/** A port of 127.0.0.1 that leads to a port of a pod. */
export interface PortForward extends Disposable {
  readonly localPort: number;
}

export interface PortForwardOptions {
  readonly credentials: ClusterCredentials;
  /** Called for each connection, so that a pod that was replaced is followed. */
  podOf(): { readonly namespace: string; readonly name: string };
  readonly podPort: number;
  /** 0: any free one. */
  readonly localPort: number;
  onError(message: string): void;
}

/** Bytes that a slow peer may leave unread before the other side is paused. */
const unreadBytesMax = 1024 * 1024;

/** Listens on 127.0.0.1. Rejects where the port is taken. Kubernetes: port-forward over WebSockets, one for each connection. */
export async function startPortForward(options: PortForwardOptions): Promise<PortForward> {
  const connections = new Set<net.Socket>();
  const server = net.createServer((connection) => {
    connections.add(connection);
    connection.on('error', () => undefined); // its end follows, and is handled there
    connection.once('close', () => connections.delete(connection));
    forward(options, connection).catch((error: unknown) => {
      options.onError(messageOf(error));
      connection.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.localPort, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    localPort: typeof address === 'object' && address !== null ? address.port : options.localPort,
    dispose() {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}

async function forward({ credentials, podOf, podPort, onError }: PortForwardOptions, connection: net.Socket): Promise<void> {
  connection.pause();
  const pod = podOf();
  const socket = await openWebSocket(credentials, `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/portforward?ports=${podPort}`, ['v4.channel.k8s.io']);
  // each of the two streams (0 data, 1 errors) begins with the port, in two bytes
  const portsToCome = new Set([0, 1]);
  connection.on('data', (bytes) => {
    socket.send(Buffer.concat([Buffer.from([0]), bytes]), () => {
      if (connection.isPaused() && socket.bufferedAmount < unreadBytesMax) connection.resume();
    });
    if (socket.bufferedAmount >= unreadBytesMax) connection.pause();
  });
  connection.on('end', () => socket.close());
  connection.on('error', () => socket.terminate());
  socket.on('open', () => connection.resume());
  socket.on('message', (data) => {
    const bytes = toBuffer(data);
    const stream = bytes[0];
    if (stream === undefined) return;
    let body = bytes.subarray(1);
    if (portsToCome.delete(stream)) body = body.subarray(2);
    if (body.length === 0) return;
    if (stream === 1) onError(body.toString('utf8'));
    else if (!connection.write(body)) {
      socket.pause();
      connection.once('drain', () => socket.resume());
    }
  });
  socket.on('unexpected-response', (_, response) => readRefusal(response, (message) => {
    onError(message);
    connection.destroy();
  }));
  socket.on('error', (error) => {
    onError(error.message);
    connection.destroy();
  });
  socket.on('close', () => connection.end());
}
