import { type ByteDuplex, type ByteReader, type ByteWriter, encodeText, messageOf, pipeBytes, StreamClosedError } from '../../../base/index.ts';
import type { Pod } from '../../../api/index.ts';
import type { KubeletConnection } from '../../../client/index.ts';
import type { HttpDeps } from '../deps.ts';
import { newBadRequest } from '../../errors.ts';
import type { Exchange, Upgrade } from '../exchange.ts';
import { connectKubelet, dialError, podNameOf, readPod } from '../pod-target.ts';
import type { QueryParameters } from '../query.ts';
import type { ResourcePath } from '../request-path.ts';
import { serveSpdy, type SpdyConnection, type SpdyStream } from '../spdy/connection.ts';
import { CHANNEL_PROTOCOLS, createChannels } from './channels.ts';
import { acceptSpdy, chooseStreamProtocol } from './spdy-upgrade.ts';
import { acceptWebSocket, chooseProtocol, webSocketDuplex } from './web-socket.ts';

const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';
/** SPDY frames in the messages of a WebSocket, which passes proxies that know no SPDY. */
const TUNNEL_PROTOCOL = `SPDY/3.1+${PORT_FORWARD_PROTOCOL}`;
/** How long one of a connection's two streams may wait for the other. Kubernetes: portforward, streamCreationTimeout. */
const PAIR_MS_MAX = 30_000;

/** Serves pods/portforward in its three forms: SPDY, SPDY in a WebSocket, and channels of a WebSocket. Permission has been checked. */
export async function servePortForward(deps: HttpDeps, exchange: Exchange, path: ResourcePath, parameters: QueryParameters): Promise<void> {
  const pod = await readPod(deps, path.namespace, path.name);
  const { upgrade } = exchange;
  if (upgrade === undefined) throw newBadRequest('Upgrade request required');
  const kubelet = await connectKubelet(deps, pod, (address) => `error dialing backend: ${dialError(address)}`);
  const target: Target = { kubelet, pod, open: new Set(), isOver: false };
  if (upgrade.protocol === 'spdy/3.1') {
    const protocol = chooseStreamProtocol(upgrade, [PORT_FORWARD_PROTOCOL]);
    return forwardSpdy(deps, acceptSpdy(upgrade, protocol), target);
  }
  if (upgrade.protocol !== 'websocket') {
    throw newBadRequest(`unable to upgrade: missing upgrade headers in request: protocol ${JSON.stringify(upgrade.protocol)} is not known`);
  }
  const protocol = chooseProtocol(upgrade, [TUNNEL_PROTOCOL, ...CHANNEL_PROTOCOLS]);
  if (protocol === TUNNEL_PROTOCOL) return forwardSpdy(deps, webSocketDuplex(await acceptWebSocket(upgrade, protocol)), target);
  return forwardChannels(upgrade, protocol, portsOf(parameters), target);
}

interface Target {
  readonly kubelet: KubeletConnection;
  readonly pod: Pod;
  /** Connections to the pod, so that none outlives the client. */
  readonly open: Set<ByteDuplex>;
  isOver: boolean;
}

/** One connection's streams: data both ways, and a failure's text towards the client. */
interface ForwardStreams {
  readonly data: ByteDuplex;
  readonly error: ByteWriter;
}

async function forward(target: Target, port: number, streams: ForwardStreams): Promise<void> {
  const { kubelet, pod } = target;
  let connection: ByteDuplex;
  try {
    connection = await kubelet.portForward(podNameOf(pod), port);
  } catch (error) {
    const why = messageOf(error);
    const text = `error forwarding port ${port} to pod ${pod.metadata.name}, uid ${pod.metadata.uid}: ${why}`;
    await streams.error.write(encodeText(text)).catch(() => undefined); // the client has gone
    streams.error.end();
    streams.data.writer.end();
    streams.data.reader.cancel();
    return;
  }
  target.open.add(connection);
  if (target.isOver) closeAll(target);
  const there = pipeBytes(streams.data.reader, connection.writer);
  // Once the pod has said all, the connection is over, as upstream's is: what the client still sends has no reader.
  await pipeBytes(connection.reader, streams.data.writer);
  streams.error.end();
  streams.data.reader.cancel();
  await there;
  target.open.delete(connection);
}

/** The client has gone: a pod that says nothing would never notice. */
function closeAll(target: Target): void {
  target.isOver = true;
  for (const { reader, writer } of target.open) {
    reader.cancel();
    writer.abort(new StreamClosedError());
  }
  target.open.clear();
}

async function forwardSpdy(deps: HttpDeps, transport: ByteDuplex, target: Target): Promise<void> {
  const pairs = new Map<string, Partial<Record<'data' | 'error', SpdyStream>>>();
  const connection: SpdyConnection = serveSpdy(transport, (stream) => {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    if ((type !== 'data' && type !== 'error') || !isPort(port)) {
      stream.writer.abort(new Error('invalid streamType or port header'));
      stream.reader.cancel();
      return;
    }
    // Clients before 1.3 gave no request id and opened one connection at a time.
    const id = stream.headers.get('requestid') ?? 'only';
    const pair = pairs.get(id) ?? {};
    if (pair[type] !== undefined) {
      stream.writer.abort(new Error(`${type} stream is there already`));
      return;
    }
    pair[type] = stream;
    pairs.set(id, pair);
    const { data, error } = pair;
    if (data === undefined || error === undefined) {
      const tooLate = deps.world.clock.schedule(PAIR_MS_MAX, () => {
        if (pairs.get(id) !== pair) return;
        pairs.delete(id);
        stream.writer.abort(new Error('timed out waiting for the other stream'));
      });
      void connection?.closed.then(() => tooLate.dispose());
      return;
    }
    pairs.delete(id);
    void forward(target, port, { data, error: error.writer });
  });
  await connection.closed;
  closeAll(target);
}

/** Two channels a port: data, and errors after it. Both begin with the port's number. Kubernetes: kubelet/pkg/cri/streaming/portforward/websocket.go. */
async function forwardChannels(upgrade: Upgrade, protocol: string, ports: readonly number[], target: Target): Promise<void> {
  const webSocket = await acceptWebSocket(upgrade, protocol);
  await new Promise<void>((resolve) => {
    const channels = createChannels(webSocket, protocol, resolve);
    let open = ports.length;
    ports.forEach((port, index) => {
      const reader: ByteReader = channels.reader(2 * index);
      const writer = channels.writer(2 * index);
      const error = channels.writer(2 * index + 1);
      const number = Uint8Array.of(port & 0xff, port >> 8);
      const run = async () => {
        await writer.write(number);
        await error.write(number);
        await forward(target, port, { data: { reader, writer }, error });
      };
      const ended = () => {
        if (--open === 0) channels.close();
      };
      run().then(ended, ended);
    });
  });
  closeAll(target);
}

/** ?ports=80&ports=81 or ?ports=80,81. */
function portsOf(parameters: QueryParameters): readonly number[] {
  const texts = [...parameters.get('ports') ?? [], ...parameters.get('port') ?? []].flatMap((text) => text.split(',')).filter((text) => text !== '');
  if (texts.length === 0) throw newBadRequest('query parameter "port" is required');
  return texts.map((text) => {
    if (!/^\d+$/.test(text)) throw newBadRequest(`unable to parse ${JSON.stringify(text)} as a port: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
    const port = Number(text);
    if (port > 65_535) throw newBadRequest(`unable to parse ${JSON.stringify(text)} as a port: strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
    if (port < 1) throw newBadRequest(`port ${JSON.stringify(text)} must be > 0`);
    return port;
  });
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}
