import type { Random } from '../world.ts';

/** Numbers that depend on nothing but the seed (sfc32). */
export function createSeededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let d = seed >>> 0;
  const word = () => {
    const result = (((a + b) >>> 0) + d) >>> 0;
    d = (d + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + result) >>> 0;
    return result;
  };
  for (let index = 0; index < 12; index++) word();
  const hex = (length: number) => Array.from({ length }, () => (word() & 15).toString(16)).join('');
  return {
    next: () => word() / 2 ** 32,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${((word() & 3) | 8).toString(16)}${hex(3)}-${hex(12)}`,
    bytes: (length) => Uint8Array.from({ length }, () => word() & 255),
  };
}
