import { newStatusError } from '../../../api/index.ts';
import type { ByteReader } from '../../../base/index.ts';
import { toByteWriter } from '../../../world/real/index.ts';
import type { HttpDeps } from '../deps.ts';
import { methodNotAllowed } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { chooseContainer, dialError, kubeletOf, podNameOf, readPod } from '../pod-target.ts';
import { logOptions, type QueryParameters } from '../query.ts';
import type { ResourcePath } from '../request-path.ts';
import { respondText } from '../respond.ts';
import { acceptWebSocket, chooseProtocol, sendMessage } from './web-socket.ts';

const LOG_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io'];

/** Serves pods/log: plain text, as a body or as the messages of a WebSocket. Permission has been checked. */
export async function serveLog(deps: HttpDeps, exchange: Exchange, path: ResourcePath, parameters: QueryParameters): Promise<void> {
  if (exchange.method !== 'GET') throw methodNotAllowed();
  const { container: wanted, ...options } = logOptions(parameters, path.name);
  const pod = await readPod(deps, path.namespace, path.name);
  const container = chooseContainer(pod, wanted);
  const nodeName = pod.spec?.nodeName;
  // A pod without a node has no log yet: upstream answers nothing, successfully.
  if (nodeName === undefined || nodeName === '') return respondText(exchange, 200, '');
  const { namespace, name } = pod.metadata;
  const kubelet = await kubeletOf(deps, nodeName, (address) =>
    `Get "https://${address}/containerLogs/${namespace}/${name}/${container}": ${dialError(address)}`);
  const reader = await kubelet.readLog(podNameOf(pod), container, options);
  exchange.onClose(() => reader.cancel());
  if (exchange.upgrade?.protocol === 'websocket') return sendAsMessages(exchange, reader);
  await sendAsBody(exchange, reader);
}

async function sendAsBody(exchange: Exchange, reader: ByteReader): Promise<void> {
  const body = exchange.respondStream(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  const writer = toByteWriter(body);
  try {
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) await writer.write(chunk);
    body.end();
  } catch {
    // Either the client has gone, or the log broke off: a cut answer tells the client so.
    reader.cancel();
    body.destroy();
  }
}

async function sendAsMessages(exchange: Exchange, reader: ByteReader): Promise<void> {
  const { upgrade } = exchange;
  if (upgrade === undefined) throw newStatusError(400, 'BadRequest', 'Upgrade request required');
  const protocol = chooseProtocol(upgrade, LOG_PROTOCOLS);
  const base64 = protocol.startsWith('base64');
  const webSocket = await acceptWebSocket(upgrade, protocol);
  try {
    for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
      await sendMessage(webSocket, base64 ? Buffer.from(chunk).toString('base64') : chunk, !base64);
    }
    webSocket.close(1000);
  } catch {
    reader.cancel();
    webSocket.terminate();
  }
}
