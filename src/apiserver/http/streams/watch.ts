import type { WebSocket } from 'ws';
import type { ApiRequest } from '../../../client/index.ts';
import type { Clock } from '../../../world/index.ts';
import type { ApiServer, UserInfo } from '../../server.ts';
import type { Exchange, Upgrade } from '../exchange.ts';
import { respondError } from '../respond.ts';
import { runWatch, type WatchForm, type WatchOutput } from '../watch-response.ts';
import { acceptWebSocket, chooseProtocol } from './web-socket.ts';

/** A watch for browsers: each event is a text message. Kubernetes: handlers, WatchServer.HandleWS. */
export function respondWatchMessages(
  exchange: Exchange, upgrade: Upgrade, apiServer: ApiServer, user: UserInfo, request: Omit<ApiRequest, 'verb'>, form: WatchForm, clock: Clock,
): Promise<void> {
  const protocol = chooseProtocol(upgrade, []);
  return runWatch(apiServer, user, request, form, clock, {
    open: () => messageOutput(acceptWebSocket(upgrade, protocol), upgrade, form.negotiated.encoding === 'protobuf' ? frames : lines),
    refuse: (error) => respondError(exchange, error),
    onGone: (listener) => exchange.onClose(listener),
    onEvents: exchange.answer.onEvents,
  });
}

type Split = (bytes: Uint8Array) => Iterable<string | Uint8Array>;

function messageOutput(opening: Promise<WebSocket>, upgrade: Upgrade, split: Split): WatchOutput {
  opening.catch(() => upgrade.socket.destroy());
  const use = (run: (webSocket: WebSocket) => void) => void opening.then(run, () => undefined);
  let unread = 0;
  return {
    write(bytes) {
      use((webSocket) => {
        // Several events may come as one chunk; each is a message.
        for (const event of split(bytes)) if (webSocket.readyState === webSocket.OPEN) webSocket.send(event);
        unread = webSocket.bufferedAmount;
      });
    },
    unreadBytes: () => unread,
    end: () => use((webSocket) => webSocket.close(1000)),
    destroy: () => upgrade.socket.destroy(),
  };
}

/** JSON, as text. */
function lines(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').split('\n').filter((line) => line !== '');
}

/** Protobuf, as bytes; a message needs no length of its own. */
function* frames(bytes: Uint8Array): Generator<Uint8Array, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getUint32(at);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}
