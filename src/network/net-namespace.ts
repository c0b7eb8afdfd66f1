import { type ByteDuplex, type ByteReader, type ByteWriter, createDuplexPair } from '../base/index.ts';
import { addressInUseError, resetError } from './errors.ts';
import type { PodConnection, PodListener } from './pod-network.ts';

const ephemeralPortFirst = 32_768;
const ephemeralPortLast = 60_999;

interface Listener {
  readonly owner: string;
  readonly loopbackOnly: boolean;
  readonly onConnection: (connection: PodConnection) => void;
}

/** One established connection, held by both of its ends' namespaces until it is over. */
export interface Connection {
  reset(): void;
}

/**
 * A network namespace: one address, its listening ports and its open connections. A pod has its own; the node has one,
 * which its hostNetwork pods share, so everything in it has an owner (a sandbox id) that can end alone.
 */
export class NetNamespace {
  readonly ip: string;
  readonly nodeName: string;
  private readonly listeners = new Map<number, Listener>();
  private readonly connections = new Map<Connection, string>();
  private nextEphemeralPort = ephemeralPortFirst;

  constructor(ip: string, nodeName: string) {
    this.ip = ip;
    this.nodeName = nodeName;
  }

  /** Throws EADDRINUSE. */
  listen(owner: string, port: number, onConnection: Listener['onConnection'], loopbackOnly: boolean): PodListener {
    const chosen = port === 0 ? this.ephemeralPort() : port;
    if (this.listeners.has(chosen)) throw addressInUseError(loopbackOnly ? '127.0.0.1' : '0.0.0.0', chosen);
    const listener: Listener = { owner, loopbackOnly, onConnection };
    this.listeners.set(chosen, listener);
    return {
      port: chosen,
      dispose: () => {
        if (this.listeners.get(chosen) === listener) this.listeners.delete(chosen);
      },
    };
  }

  /** The listener that answers on a port, or undefined: connection refused. */
  listenerAt(port: number, viaLoopback: boolean): Listener | undefined {
    const listener = this.listeners.get(port);
    return listener === undefined || (listener.loopbackOnly && !viaLoopback) ? undefined : listener;
  }

  ephemeralPort(): number {
    for (let tries = ephemeralPortFirst; tries <= ephemeralPortLast; tries++) {
      const port = this.nextEphemeralPort;
      this.nextEphemeralPort = port === ephemeralPortLast ? ephemeralPortFirst : port + 1;
      if (!this.listeners.has(port)) return port;
    }
    throw addressInUseError(this.ip, 0);
  }

  hold(connection: Connection, owner: string): void {
    this.connections.set(connection, owner);
  }

  release(connection: Connection): void {
    this.connections.delete(connection);
  }

  /** Ends what one owner has here: its listeners close, its connections are reset. */
  end(owner: string): void {
    for (const [port, listener] of this.listeners) if (listener.owner === owner) this.listeners.delete(port);
    for (const [connection, holder] of [...this.connections]) if (holder === owner) connection.reset();
  }

  /** Ends everything. */
  endAll(): void {
    this.listeners.clear();
    for (const connection of [...this.connections.keys()]) connection.reset();
  }

  get connectionCount(): number {
    return this.connections.size;
  }
}

/** One end of a connection: the namespace it lies in and who owns it there. undefined: outside of the cluster. */
export interface ConnectionEnd {
  readonly namespace: NetNamespace;
  readonly owner: string;
}

/** Makes a connection between two ends; a reset of either breaks both. Returns the client's and the server's end. */
export function establish(client: ConnectionEnd | undefined, server: ConnectionEnd): readonly [ByteDuplex, ByteDuplex] {
  const [near, far] = createDuplexPair();
  let openDirections = 2;
  const connection: Connection = {
    reset() {
      const error = resetError();
      near.writer.abort(error);
      far.writer.abort(error);
      close();
      close();
    },
  };
  const close = () => {
    openDirections--;
    if (openDirections !== 0) return;
    client?.namespace.release(connection);
    server.namespace.release(connection);
  };
  client?.namespace.hold(connection, client.owner);
  server.namespace.hold(connection, server.owner);
  // A direction is over when its writer ends or its reader cancels, whichever comes first.
  const there = trackDirection(near.writer, far.reader, close);
  const back = trackDirection(far.writer, near.reader, close);
  return [{ reader: back.reader, writer: there.writer }, { reader: there.reader, writer: back.writer }];
}

function trackDirection(writer: ByteWriter, reader: ByteReader, onClosed: () => void): { readonly writer: ByteWriter; readonly reader: ByteReader } {
  let closed = false;
  const closeOnce = () => {
    if (closed) return;
    closed = true;
    onClosed();
  };
  return {
    writer: {
      write: (chunk) => writer.write(chunk),
      end() {
        writer.end();
        closeOnce();
      },
      abort(error) {
        writer.abort(error);
        closeOnce();
      },
    },
    reader: {
      read: () => reader.read(),
      cancel() {
        reader.cancel();
        closeOnce();
      },
    },
  };
}
