import { type ByteDuplex, type ByteReader, type ByteWriter, createBytePipe, createDuplexPair, decodeText, encodeText, pipeBytes } from '../../../src/base/index.ts';
import { newStatusError } from '../../../src/api/index.ts';
import type { ExitResult, KubeletConnection, LogOptions, PodName, ProcessStreams, TerminalSize } from '../../../src/client/index.ts';

export interface FakeKubelet extends KubeletConnection {
  readonly logRequests: { readonly pod: PodName; readonly container: string; readonly options: LogOptions }[];
  readonly sizes: TerminalSize[];
  /** Logs that are being followed; write to them, or end them. */
  readonly followed: ByteWriter[];
  /** Streams and connections that are open now. */
  open: number;
  cancelledLogs: number;
}

/** A kubelet whose containers know a few commands: cat, count-stdin, big N, repeat N, exit N, echo …, both, sleep, tar-like streams. */
export function createFakeKubelet(): FakeKubelet {
  const kubelet: FakeKubelet = {
    logRequests: [],
    sizes: [],
    followed: [],
    open: 0,
    cancelledLogs: 0,
    async readLog(pod, container, options) {
      kubelet.logRequests.push({ pod, container, options });
      if (container === 'waiting') throw newStatusError(400, 'BadRequest', `container "waiting" in pod "${pod.name}" is waiting to start: ContainerCreating`);
      const { reader, writer } = createBytePipe();
      void writer.write(encodeText(`log of ${container}\n`));
      if (options.follow === true) kubelet.followed.push(writer);
      else writer.end();
      return { read: () => reader.read(), cancel: () => { kubelet.cancelledLogs++; reader.cancel(); } };
    },
    async exec(_pod, container, command, streams) {
      if (container === 'gone') throw newStatusError(404, 'NotFound', 'container not found ("gone")');
      kubelet.open++;
      try {
        return await run(command, streams, kubelet);
      } finally {
        kubelet.open--;
      }
    },
    async attach(_pod, _container, streams) {
      kubelet.open++;
      try {
        return await run(['cat'], streams, kubelet);
      } finally {
        kubelet.open--;
      }
    },
    async portForward(_pod, port) {
      if (port === 81) throw new Error('failed to connect to localhost:81: connection refused');
      const [near, far] = createDuplexPair();
      kubelet.open++;
      void serveEcho(far, port).catch(() => undefined).finally(() => kubelet.open--);
      return near;
    },
  };
  return kubelet;
}

async function run(command: readonly string[], streams: ProcessStreams, kubelet: FakeKubelet): Promise<ExitResult> {
  const { stdin, stdout, stderr } = streams;
  streams.onResize?.((size) => kubelet.sizes.push(size));
  const [name, argument = ''] = command;
  switch (name) {
    case 'cat':
      if (stdin !== undefined) await copy(stdin, stdout);
      return { exitCode: 0 };
    case 'count-stdin': {
      let count = 0;
      if (stdin !== undefined) for (let chunk = await stdin.read(); chunk !== undefined; chunk = await stdin.read()) count += chunk.length;
      await stdout?.write(encodeText(`${count}\n`));
      return { exitCode: 0 };
    }
    case 'big':
      for (let left = Number(argument); left > 0; left -= 10_000) await stdout?.write(new Uint8Array(Math.min(left, 10_000)).fill(0x78));
      return { exitCode: 0 };
    case 'exit':
      return { exitCode: Number(argument) };
    case 'both':
      await stdout?.write(encodeText('out\n'));
      await stderr?.write(encodeText('err\n'));
      return { exitCode: 3 };
    case 'missing':
      throw newStatusError(500, 'InternalError', 'failed to exec in container: exec: "missing": executable file not found in $PATH');
    default:
      await stdout?.write(encodeText(`ran ${command.join(' ')}\n`));
      return { exitCode: 0 };
  }
}

async function copy(reader: ByteReader, writer: ByteWriter | undefined): Promise<void> {
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) await writer?.write(chunk);
}

/** Port 7 echoes; every other port answers an HTTP request with what it was asked. */
async function serveEcho(connection: ByteDuplex, port: number): Promise<void> {
  if (port === 7) return pipeBytes(connection.reader, connection.writer);
  let text = '';
  while (!text.includes('\r\n\r\n')) {
    const chunk = await connection.reader.read();
    if (chunk === undefined) break;
    text += decodeText(chunk);
  }
  const body = `you asked port ${port} for ${text.split('\r\n')[0]}\n`;
  await connection.writer.write(encodeText(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`));
  connection.writer.end();
}
