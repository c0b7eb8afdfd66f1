/** Keys of a chunk before it is split in two; keeps an insertion a short move of memory. */
const CHUNK_LENGTH_MAX = 256;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/** A map ordered by key (UTF-16 code units): get, set and delete in O(log n) and cheap ordered scans. */
export class SortedMap<V> {
  private chunks: Chunk<V>[] = [{ keys: [], values: [] }];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: string): V | undefined {
    const chunk = this.chunks[this.chunkIndex(key)] as Chunk<V>;
    const index = lowerBound(chunk.keys, key);
    return chunk.keys[index] === key ? chunk.values[index] : undefined;
  }

  set(key: string, value: V): void {
    const chunkIndex = this.chunkIndex(key);
    const chunk = this.chunks[chunkIndex] as Chunk<V>;
    const index = lowerBound(chunk.keys, key);
    if (chunk.keys[index] === key) {
      chunk.values[index] = value;
      return;
    }
    chunk.keys.splice(index, 0, key);
    chunk.values.splice(index, 0, value);
    this.count++;
    if (chunk.keys.length > CHUNK_LENGTH_MAX) {
      const half = chunk.keys.length >> 1;
      this.chunks.splice(chunkIndex + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half) });
    }
  }

  delete(key: string): boolean {
    const chunkIndex = this.chunkIndex(key);
    const chunk = this.chunks[chunkIndex] as Chunk<V>;
    const index = lowerBound(chunk.keys, key);
    if (chunk.keys[index] !== key) return false;
    chunk.keys.splice(index, 1);
    chunk.values.splice(index, 1);
    this.count--;
    if (chunk.keys.length === 0 && this.chunks.length > 1) this.chunks.splice(chunkIndex, 1);
    return true;
  }

  /** Entries with from ≤ key < to (to undefined: to the end), in order. The map must not change while it runs. */
  *range(from: string, to?: string): IterableIterator<[key: string, value: V]> {
    for (let chunkIndex = this.chunkIndex(from); chunkIndex < this.chunks.length; chunkIndex++) {
      const chunk = this.chunks[chunkIndex] as Chunk<V>;
      for (let index = lowerBound(chunk.keys, from); index < chunk.keys.length; index++) {
        const key = chunk.keys[index] as string;
        if (to !== undefined && key >= to) return;
        yield [key, chunk.values[index] as V];
      }
    }
  }

  /** The last chunk whose first key is ≤ key. */
  private chunkIndex(key: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.chunks[middle] as Chunk<V>).keys[0] as string) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The first index whose key is ≥ key. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
