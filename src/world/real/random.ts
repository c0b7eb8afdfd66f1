import { randomBytes, randomUUID } from 'node:crypto';
import type { Random } from '../world.ts';

export const realRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
  bytes: (length) => randomBytes(length),
};
