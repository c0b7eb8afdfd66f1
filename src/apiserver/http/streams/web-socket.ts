import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ByteDuplex, createBytePipe, StreamClosedError } from '../../../base/index.ts';
import { newBadRequest } from '../../errors.ts';
import type { Upgrade } from '../exchange.ts';

/** A message is a chunk of a stream; no client of Kubernetes sends more than some 64 KiB at once. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Bytes that may wait in a socket before writers have to. */
const UNSENT_BYTES_MAX = 256 * 1024;
/** Bytes that may wait for their reader before the socket is paused. */
const UNREAD_BYTES_MAX = 256 * 1024;

const server = new WebSocketServer({
  noServer: true, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX, clientTracking: false, skipUTF8Validation: true,
});

/** The protocols to answer with. ws itself would refuse kubectl's SPDY/3.1+portforward.k8s.io, whose slash the RFC does not allow. */
const chosenProtocols = new WeakMap<IncomingMessage, string>();
server.on('headers', (headers, request) => {
  const protocol = chosenProtocols.get(request);
  if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
});

/**
 * The first of the client's sub-protocols that is among known; '' where it names none. 400 where it names others only.
 * A protocol that carries a bearer token names none.
 */
export function chooseProtocol(upgrade: Upgrade, known: readonly string[]): string {
  const wanted = (upgrade.request.headers['sec-websocket-protocol'] ?? '').split(',').map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('base64url.bearer.authorization.k8s.io.'));
  if (wanted.length === 0) return '';
  const chosen = wanted.find((item) => known.includes(item));
  if (chosen === undefined) throw newBadRequest(`unable to negotiate protocol: client supports [${wanted.join(' ')}], server accepts [${known.join(' ')}]`);
  return chosen;
}

/** Switches the connection to WebSocket. Rejects where the client's handshake is no good (it has then been answered). */
export function acceptWebSocket(upgrade: Upgrade, protocol: string): Promise<WebSocket> {
  const { request, socket, head } = upgrade;
  upgrade.taken = true;
  if (protocol !== '') chosenProtocols.set(request, protocol);
  delete request.headers['sec-websocket-protocol'];
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new StreamClosedError('WebSocket handshake failed'));
    socket.once('close', onClose);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', onClose);
      webSocket.on('error', () => webSocket.terminate());
      webSocket.binaryType = 'nodebuffer';
      resolve(webSocket);
    });
  });
}

/** Resolves when the client has shown that it reads: by a pong, or by anything else that it sends. Rejects where the socket is gone. */
export function answeredPing(webSocket: WebSocket): Promise<void> {
  if (webSocket.readyState !== webSocket.OPEN) return Promise.reject(new StreamClosedError());
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => () => {
      webSocket.off('pong', onAnswer).off('message', onAnswer).off('close', onClose);
      outcome();
    };
    const onAnswer = settle(resolve);
    const onClose = settle(() => reject(new StreamClosedError()));
    webSocket.on('pong', onAnswer).on('message', onAnswer).on('close', onClose);
    webSocket.ping();
  });
}

/** Sends one message; resolves when there is room for more. Rejects where the socket is gone. */
export function sendMessage(webSocket: WebSocket, message: Uint8Array | string, binary: boolean): Promise<void> {
  if (webSocket.readyState !== webSocket.OPEN) return Promise.reject(new StreamClosedError());
  if (webSocket.bufferedAmount < UNSENT_BYTES_MAX) {
    webSocket.send(message, { binary, compress: false });
    return RESOLVED;
  }
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new StreamClosedError());
    webSocket.once('close', onClose);
    webSocket.send(message, { binary, compress: false }, (error) => {
      webSocket.off('close', onClose);
      if (error === undefined || error === null) resolve();
      else reject(new StreamClosedError());
    });
  });
}

const RESOLVED = Promise.resolve();

/** Calls onMessage for each message in order, the next one once the last one's promise has resolved; the socket waits meanwhile. */
export function readMessages(webSocket: WebSocket, onMessage: (message: Buffer) => Promise<void> | undefined, onClose: () => void): void {
  let queue: Promise<void> | undefined;
  let queued = 0;
  webSocket.on('message', (data) => {
    const message = data as Buffer;
    if (queue === undefined) {
      const waiting = onMessage(message);
      if (waiting === undefined) return;
      queue = waiting;
    } else {
      queue = queue.then(() => onMessage(message));
    }
    queued++;
    webSocket.pause();
    const release = () => {
      if (--queued > 0) return;
      queue = undefined;
      if (webSocket.readyState === webSocket.OPEN) webSocket.resume();
    };
    queue.then(release, release);
  });
  webSocket.on('close', () => {
    if (queue === undefined) onClose();
    else queue.then(onClose, onClose);
  });
}

/** A WebSocket whose binary messages are pieces of one stream of bytes. */
export function webSocketDuplex(webSocket: WebSocket): ByteDuplex {
  const { reader, writer } = createBytePipe(UNREAD_BYTES_MAX);
  readMessages(webSocket, (message) => writer.write(message).catch(() => undefined), () => writer.end());
  return {
    reader: {
      read: () => reader.read(),
      cancel() {
        reader.cancel();
        webSocket.terminate();
      },
    },
    writer: {
      write: (chunk) => sendMessage(webSocket, chunk, true),
      end: () => webSocket.close(1000),
      abort: () => webSocket.terminate(),
    },
  };
}
