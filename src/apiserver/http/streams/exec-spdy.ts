import { createDeferred, StreamClosedError } from '../../../base/index.ts';
import { newStatusError } from '../../../api/index.ts';
import type { HttpDeps } from '../deps.ts';
import type { Upgrade } from '../exchange.ts';
import { serveSpdy, type SpdyStream } from '../spdy/connection.ts';
import type { RemoteStreams, StreamOptions } from './exec.ts';
import { statusBytes } from './remote-status.ts';
import { acceptSpdy, chooseStreamProtocol } from './spdy-upgrade.ts';

/** Versions of the remote command protocol; '' stands for the first, of clients that name none. */
const PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
/** How long a client may take to open its streams. Kubernetes: --streaming-connection-idle-timeout's creation time-out. */
const OPEN_MS_MAX = 30_000;
/** How long a client may take to close after the end. */
const LINGER_MS_MAX = 10_000;

/** Exec and attach over SPDY: the client opens one stream for each of error, stdin, stdout, stderr and resize. */
export async function openSpdyStreams(upgrade: Upgrade, options: StreamOptions, deps: HttpDeps): Promise<RemoteStreams> {
  const protocol = chooseStreamProtocol(upgrade, PROTOCOLS);
  const withStatus = protocol === 'v4.channel.k8s.io';
  const withResize = options.tty && (withStatus || protocol === 'v3.channel.k8s.io');
  const awaited = new Set(['error']);
  if (options.stdin) awaited.add('stdin');
  if (options.stdout) awaited.add('stdout');
  if (options.stderr) awaited.add('stderr');
  if (withResize) awaited.add('resize');

  const streams = new Map<string, SpdyStream>();
  const complete = createDeferred<void>();
  const connection = serveSpdy(acceptSpdy(upgrade, protocol), (stream) => {
    const type = stream.headers.get('streamtype') ?? '';
    if (!awaited.has(type) || streams.has(type)) {
      stream.writer.abort(new StreamClosedError(`unexpected stream type ${type}`));
      return;
    }
    streams.set(type, stream);
    if (streams.size === awaited.size) complete.resolve();
  });
  void connection.closed.then(() => complete.reject(new StreamClosedError()));
  const tooLate = deps.world.clock.schedule(OPEN_MS_MAX, () => {
    complete.reject(newStatusError(504, 'Timeout', 'timed out waiting for client to create streams'));
    connection.close();
  });
  try {
    await complete.promise;
  } finally {
    tooLate.dispose();
  }
  const stdin = streams.get('stdin')?.reader;
  const stdout = streams.get('stdout')?.writer;
  const stderr = streams.get('stderr')?.writer;
  const resize = streams.get('resize')?.reader;
  return {
    ...(stdin === undefined ? {} : { stdin }),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    ...(resize === undefined ? {} : { resize }),
    async finish(status) {
      const bytes = statusBytes(status, withStatus);
      const error = streams.get('error')?.writer;
      if (bytes.length > 0) await error?.write(bytes);
      for (const stream of streams.values()) stream.writer.end();
      connection.close();
      const tooLong = deps.world.clock.schedule(LINGER_MS_MAX, () => upgrade.socket.destroy());
      void connection.closed.then(() => tooLong.dispose());
    },
  };
}
