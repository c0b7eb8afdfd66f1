import type { World } from '../world.ts';
import { realClock } from './clock.ts';
import { createRealDisk } from './disk.ts';
import { realProcesses } from './processes.ts';
import { realRandom } from './random.ts';
import { realSockets } from './sockets.ts';

/** The world as it is: the machine's time, chance, loopback and processes, and its disk below diskFolder. */
export function createRealWorld(diskFolder: string): World {
  return { clock: realClock, random: realRandom, disk: createRealDisk(diskFolder), sockets: realSockets, processes: realProcesses };
}

export { toByteReader, toByteWriter } from './streams.ts';
