import { type ByteDuplex, type Disposable, joinDuplexes, messageOf } from '../base/index.ts';
import type { SocketListener, Sockets } from '../world/index.ts';
import type { RuleTable } from './rules.ts';

/** Opens the nodes' node ports on the real machine's loopback: one listener a port for the whole cluster. */
export interface NodePortGateway extends Disposable {
  /** Tells which rules a node has now. Equal tables (the same object) cost nothing. */
  setTable(nodeName: string, table: RuleTable): void;
}

/** A node port that could not be opened on the real machine. */
export interface NodePortProblem {
  /** The node whose rules asked for it first. */
  readonly nodeName: string;
  readonly port: number;
  readonly servicePortName: string;
  readonly message: string;
}

export interface NodePortGatewayOptions {
  readonly sockets: Sockets;
  /** Opens a connection into the cluster as a client outside of it that dials a node. */
  readonly connect: (port: number) => Promise<ByteDuplex>;
  readonly onProblem: (problem: NodePortProblem) => void;
}

interface OpenPort {
  listener: SocketListener | undefined;
  closed: boolean;
}

/** A gateway with no port open. Dispose to close all. */
export function createNodePortGateway({ sockets, connect, onProblem }: NodePortGatewayOptions): NodePortGateway {
  const tables = new Map<string, RuleTable>();
  const users = new Map<RuleTable, number>();
  const ports = new Map<number, OpenPort>();
  let disposed = false;

  const open = (nodeName: string, port: number, servicePortName: string) => {
    const entry: OpenPort = { listener: undefined, closed: false };
    ports.set(port, entry);
    sockets.listen(port, (outside) => { void serve(outside, port); }).then(
      (listener) => {
        if (entry.closed) listener.dispose();
        else entry.listener = listener;
      },
      (error: unknown) => onProblem({
        nodeName, port, servicePortName,
        message: `can't open port "nodePort for ${servicePortName}" (127.0.0.1:${port}/tcp4), skipping it: ${messageOf(error)}`,
      }),
    );
  };
  const serve = async (outside: ByteDuplex, port: number) => {
    try {
      await joinDuplexes(outside, await connect(port));
    } catch (error) { // the handshake on the machine is over by now, so a refusal shows as a reset
      outside.reader.cancel();
      outside.writer.abort(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const close = (port: number, entry: OpenPort) => {
    ports.delete(port);
    entry.closed = true;
    entry.listener?.dispose();
  };
  return {
    setTable(nodeName, table) {
      const old = tables.get(nodeName);
      if (disposed || old === table) return;
      tables.set(nodeName, table);
      const newUsers = (users.get(table) ?? 0) + 1;
      users.set(table, newUsers);
      const oldUsers = old === undefined ? 0 : (users.get(old) ?? 1) - 1;
      if (old !== undefined && oldUsers === 0) users.delete(old);
      else if (old !== undefined) users.set(old, oldUsers);
      if (newUsers > 1 && (old === undefined || oldUsers > 0)) return; // no table came or went, so neither did a port
      const wanted = new Map<number, string>();
      for (const one of users.keys()) for (const [port, rule] of one.byNodePort) wanted.set(port, rule.target.servicePortName);
      for (const [port, entry] of [...ports]) if (!wanted.has(port)) close(port, entry);
      for (const [port, name] of wanted) if (!ports.has(port)) open(nodeName, port, name);
    },
    dispose() {
      disposed = true;
      for (const [port, entry] of [...ports]) close(port, entry);
    },
  };
}
