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
    open: () => messageOutput(acceptWebSocket(upgrade, protocol), upgrade),
    refuse: (error) => respondError(exchange, error),
    onGone: (listener) => exchange.onClose(listener),
  });
}

function messageOutput(opening: Promise<WebSocket>, upgrade: Upgrade): WatchOutput {
  opening.catch(() => upgrade.socket.destroy());
  const use = (run: (webSocket: WebSocket) => void) => void opening.then(run, () => undefined);
  let unread = 0;
  return {
    write(bytes) {
      use((webSocket) => {
        // Several events may come as one chunk of lines; each is a message.
        for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').split('\n')) {
          if (line !== '' && webSocket.readyState === webSocket.OPEN) webSocket.send(line);
        }
        unread = webSocket.bufferedAmount;
      });
    },
    unreadBytes: () => unread,
    end: () => use((webSocket) => webSocket.close(1000)),
    destroy: () => upgrade.socket.destroy(),
  };
}
