import type { WebSocket } from 'ws';
import { type ByteReader, type ByteWriter, createBytePipe } from '../../../base/index.ts';
import { readMessages, sendMessage } from './web-socket.ts';

/** Sub-protocols of numbered channels: a message's first byte says which. Kubernetes: apiserver/pkg/util/wsstream. */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io'] as const;

/** v5: the client half-closes a channel with [255, channel]. */
const CLOSE_CHANNEL = 255;
const UNREAD_BYTES_MAX = 256 * 1024;

export interface Channels {
  /** What the client sends on a channel. Ask before the first message can come, that is at once. */
  reader(channel: number): ByteReader;
  writer(channel: number): ByteWriter;
  /** Sends all that was written, then closes in order. */
  close(): void;
  /** Breaks the connection. */
  destroy(): void;
}

/** Numbered channels over a WebSocket. onClose is called once, when the connection is over. */
export function createChannels(webSocket: WebSocket, protocol: string, onClose: () => void): Channels {
  const base64 = protocol.includes('base64');
  const incoming = new Map<number, ByteWriter>();
  const deliver = (channel: number, payload: Buffer): Promise<void> | undefined => {
    // Nobody listens: the data falls.
    if (payload.length === 0) return undefined;
    return incoming.get(channel)?.write(payload).catch(() => undefined); // the reader has gone: the rest falls
  };
  readMessages(webSocket, (message) => {
    const [first] = message;
    if (first === undefined) return undefined;
    if (first === CLOSE_CHANNEL && !base64) {
      incoming.get(message[1] ?? CLOSE_CHANNEL)?.end();
      return undefined;
    }
    return base64 ? deliver(first - 0x30, Buffer.from(message.toString('latin1', 1), 'base64')) : deliver(first, message.subarray(1));
  }, () => {
    for (const writer of incoming.values()) writer.end();
    onClose();
  });

  const encode = (channel: number, chunk: Uint8Array): Uint8Array | string => {
    if (base64) return String(channel) + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('base64');
    const message = Buffer.allocUnsafe(1 + chunk.length);
    message[0] = channel;
    message.set(chunk, 1);
    return message;
  };
  return {
    reader(channel) {
      const { reader, writer } = createBytePipe(UNREAD_BYTES_MAX);
      incoming.set(channel, writer);
      return reader;
    },
    writer: (channel) => ({
      write: (chunk) => sendMessage(webSocket, encode(channel, chunk), !base64),
      // These protocols have no end of a channel towards the client; the connection's close is it.
      end: () => {},
      abort: () => {},
    }),
    close: () => webSocket.close(1000),
    destroy: () => webSocket.terminate(),
  };
}
