import type { Upgrade } from '../exchange.ts';
import { CHANNEL_PROTOCOLS, createChannels } from './channels.ts';
import type { RemoteStreams, StreamOptions } from './exec.ts';
import { statusBytes } from './remote-status.ts';
import { acceptWebSocket, answeredPing, chooseProtocol } from './web-socket.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const PING_ROUNDS = 2;

/** Exec and attach over a WebSocket's channels. Kubernetes: kubelet/pkg/cri/streaming/remotecommand/websocket.go. */
export async function openWebSocketStreams(upgrade: Upgrade, options: StreamOptions): Promise<RemoteStreams> {
  const protocol = chooseProtocol(upgrade, CHANNEL_PROTOCOLS);
  const withStatus = protocol.startsWith('v4') || protocol.startsWith('v5');
  const webSocket = await acceptWebSocket(upgrade, protocol);
  const channels = createChannels(webSocket, protocol, () => {});
  const stdin = options.stdin ? channels.reader(STDIN) : undefined;
  const resize = options.tty ? channels.reader(RESIZE) : undefined;
  const stdout = options.stdout ? channels.writer(STDOUT) : undefined;
  const stderr = options.stderr ? channels.writer(STDERR) : undefined;
  const error = channels.writer(ERROR);
  // kubectl reads before it has made its streams and throws away what comes too early. Here a program may have said all
  // it has to say within that time; a real one takes longer to start than the round trips of these pings.
  if (withStatus) for (let round = 0; round < PING_ROUNDS; round++) await answeredPing(webSocket);
  // Upstream tells the client with an empty message that the streams are there.
  await (stdout ?? stderr ?? error).write(new Uint8Array(0));
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(resize === undefined ? {} : { resize }),
    async finish(status) {
      const bytes = statusBytes(status, withStatus);
      if (bytes.length > 0) await error.write(bytes);
      channels.close();
    },
  };
}
