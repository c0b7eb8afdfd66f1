import { type ByteDuplex, createDuplexPair } from '../../base/index.ts';
import { SocketError, type Sockets, type World } from '../world.ts';
import { createSimulatedClock, type SimulatedClock } from './clock.ts';
import { createSimulatedDisk, type SimulatedDisk } from './disk.ts';
import { createSeededRandom } from './random.ts';

export { createSeededRandom } from './random.ts';
export type { SimulatedClock } from './clock.ts';
export type { SimulatedDisk } from './disk.ts';

export interface SimulatedWorld extends World {
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
}

/** When every simulation starts: 2026-01-01T00:00:00Z. */
const START_MS = 1_767_225_600_000;
const FIRST_FREE_PORT = 32_768;

/** A world that is decided by its seed: time is virtual, sockets and disk are in memory, no process can be started. */
export function createSimulatedWorld(seed: number): SimulatedWorld {
  const random = createSeededRandom(seed);
  return {
    clock: createSimulatedClock(START_MS),
    random,
    disk: createSimulatedDisk(createSeededRandom(seed ^ 0x5eed)),
    sockets: createSimulatedSockets(),
    processes: {
      fork: () => {
        throw new Error('a simulated world runs no processes');
      },
    },
  };
}

function createSimulatedSockets(): Sockets {
  const listeners = new Map<number, (connection: ByteDuplex) => void>();
  let nextPort = FIRST_FREE_PORT;
  return {
    async listen(port, onConnection) {
      const taken = port === 0 ? nextPort++ : port;
      if (listeners.has(taken)) throw new SocketError('EADDRINUSE', `port ${taken} is already in use`);
      listeners.set(taken, onConnection);
      return { port: taken, dispose: () => void listeners.delete(taken) };
    },
    async connect(port) {
      const onConnection = listeners.get(port);
      if (onConnection === undefined) throw new SocketError('ECONNREFUSED', `connection to port ${port} refused`);
      const [near, far] = createDuplexPair();
      onConnection(far);
      return near;
    },
  };
}
