import type { Random } from '../../../world/index.ts';

/** Numbers of a range that are given out: those that stored objects hold, and those reserved by writes under way. */
export class Allocator {
  private readonly first: number;
  private readonly last: number;
  /** From here on numbers are given out; below is for those who ask for one, and for when the rest is used up. */
  private readonly dynamicFirst: number;
  private readonly random: Random;
  /** Holders of each number: more than one where a Service uses a node port for two protocols. */
  private readonly held = new Map<number, number>();
  private readonly reserved = new Set<number>();

  /** Both ends are included. Kubernetes: ipallocator and portallocator, with their static band at the low end. */
  constructor(first: number, last: number, random: Random) {
    this.first = first;
    this.last = last;
    this.random = random;
    const size = last - first + 1;
    this.dynamicFirst = first + staticBand(size);
  }

  contains(number: number): boolean {
    return Number.isInteger(number) && number >= this.first && number <= this.last;
  }

  isFree(number: number): boolean {
    return !this.held.has(number) && !this.reserved.has(number);
  }

  reserve(number: number): void {
    this.reserved.add(number);
  }

  /** Ends a reservation: the object that holds the number is stored by now, or will never be. */
  settle(number: number): void {
    this.reserved.delete(number);
  }

  hold(number: number): void {
    this.held.set(number, (this.held.get(number) ?? 0) + 1);
  }

  release(number: number): void {
    const holders = this.held.get(number) ?? 0;
    if (holders > 1) this.held.set(number, holders - 1);
    else this.held.delete(number);
  }

  /** A random free number, reserved; undefined where there is none left. */
  reserveNext(): number | undefined {
    const number = this.nextFree(this.dynamicFirst, this.last) ?? this.nextFree(this.first, this.dynamicFirst - 1);
    if (number !== undefined) this.reserved.add(number);
    return number;
  }

  private nextFree(first: number, last: number): number | undefined {
    const size = last - first + 1;
    if (size <= 0) return undefined;
    const start = Math.floor(this.random.next() * size);
    for (let step = 0; step < size; step++) {
      const number = first + ((start + step) % size);
      if (this.isFree(number)) return number;
    }
    return undefined;
  }
}

/** Kubernetes: min(max(16, size/16), 256), and none in a range of less than 16. */
function staticBand(size: number): number {
  if (size < 16) return 0;
  return Math.min(Math.max(16, Math.floor(size / 16)), 256);
}
