import net from 'node:net';
import { type ByteDuplex, toDisposable } from '../../base/index.ts';
import { SocketError, type Sockets } from '../world.ts';
import { toByteReader, toByteWriter } from './streams.ts';

const HOST = '127.0.0.1';

/** TCP on the machine's loopback, and nowhere else. */
export const realSockets: Sockets = {
  listen: (port, onConnection) => new Promise((resolve, reject) => {
    const open = new Set<net.Socket>();
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      onConnection(toDuplex(socket));
    });
    server.once('error', (error) => reject(toSocketError(error, port)));
    server.listen(port, HOST, () => {
      const address = server.address();
      const listening = typeof address === 'object' && address !== null ? address.port : port;
      const end = toDisposable(() => {
        server.close();
        for (const socket of open) socket.destroy();
      });
      resolve({ port: listening, dispose: end.dispose });
    });
  }),
  connect: (port) => new Promise((resolve, reject) => {
    const socket = net.connect({ host: HOST, port, allowHalfOpen: true, noDelay: true });
    socket.once('connect', () => {
      socket.off('error', onError);
      resolve(toDuplex(socket));
    });
    const onError = (error: Error) => reject(toSocketError(error, port));
    socket.once('error', onError);
  }),
};

function toDuplex(socket: net.Socket): ByteDuplex {
  return { reader: toByteReader(socket), writer: toByteWriter(socket) };
}

function toSocketError(error: Error, port: number): SocketError {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new SocketError('EADDRINUSE', `port ${port} is already in use`);
  if (code === 'EACCES') return new SocketError('EACCES', `port ${port} may not be used by this user`);
  if (code === 'ETIMEDOUT') return new SocketError('ETIMEDOUT', `connection to port ${port} timed out`);
  return new SocketError('ECONNREFUSED', `connection to port ${port} refused`);
}
