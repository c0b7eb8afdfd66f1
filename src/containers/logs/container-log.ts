import { type ByteReader, concatBytes, createDeferred, type Deferred, encodeText } from '../../base/index.ts';
import { formatLogTime } from '../calendar.ts';
import type { ContainerLogOptions } from '../cri.ts';

/** Bytes that one container's log keeps; the oldest lines go first. Kubernetes: containerLogMaxSize. */
export const logBytesMax = 10 * 1024 * 1024;
/** A line that is longer is cut into parts, as containerd does. */
const logLineBytesMax = 16 * 1024;

const readBytesMax = 64 * 1024;
const newline = 10;

export type LogStream = 'stdout' | 'stderr';

interface LogRecord {
  readonly timeMs: number;
  /** One or more whole lines with their line ends, or the part of a long line. */
  readonly bytes: Uint8Array;
}

/**
 * A container's log. A line is stamped and becomes visible when its line end comes, or when the container ends.
 * Kubernetes: the CRI log file, and kubelet's kuberuntime/logs, which reads it.
 */
export class ContainerLog {
  private records: LogRecord[] = [];
  /** Number of records dropped so far: the sequence number of records[0]. */
  private dropped = 0;
  private totalBytes = 0;
  private openLines: { stdout?: Uint8Array; stderr?: Uint8Array } | undefined;
  private ended = false;
  private waiting: Deferred<void> | undefined;

  append(stream: LogStream, chunk: Uint8Array, timeMs: number): void {
    const open = this.openLines?.[stream];
    const bytes = open === undefined ? chunk : concatBytes([open, chunk]);
    const end = bytes.lastIndexOf(newline) + 1;
    let rest = end === 0 ? bytes : bytes.subarray(end);
    if (end > 0) this.add({ timeMs, bytes: bytes.subarray(0, end) });
    while (rest.length >= logLineBytesMax) {
      this.add({ timeMs, bytes: rest.subarray(0, logLineBytesMax) });
      rest = rest.subarray(logLineBytesMax);
    }
    if (rest.length > 0) this.openLines = { ...this.openLines, [stream]: rest };
    else if (open !== undefined) delete this.openLines?.[stream];
  }

  /** The container ended: open lines are closed and followers come to their end. */
  end(timeMs: number): void {
    if (this.openLines?.stdout !== undefined) this.add({ timeMs, bytes: this.openLines.stdout });
    if (this.openLines?.stderr !== undefined) this.add({ timeMs, bytes: this.openLines.stderr });
    this.openLines = undefined;
    this.ended = true;
    this.wake();
  }

  read(options: ContainerLogOptions): ByteReader {
    let position = options.tailLines === undefined ? { sequence: this.dropped, offset: 0 } : this.tailPosition(options.tailLines);
    let bytesLeft = options.limitBytes ?? Number.POSITIVE_INFINITY;
    let atLineStart = true;
    let cancelled = false;
    const next = (): Uint8Array | undefined => {
      const parts: Uint8Array[] = [];
      let size = 0;
      while (size < readBytesMax && size < bytesLeft) {
        if (position.sequence < this.dropped) position = { sequence: this.dropped, offset: 0 }; // rotated away under the reader
        const record = this.records[position.sequence - this.dropped];
        if (record === undefined) break;
        const bytes = record.bytes.subarray(position.offset);
        position = { sequence: position.sequence + 1, offset: 0 };
        if (options.sinceMs !== undefined && record.timeMs < options.sinceMs) continue;
        const part = options.timestamps ? stampLines(bytes, record.timeMs, atLineStart) : bytes;
        atLineStart = bytes[bytes.length - 1] === newline;
        parts.push(part);
        size += part.length;
      }
      if (parts.length === 0) return undefined;
      const joined = concatBytes(parts);
      const cut = joined.length > bytesLeft ? joined.subarray(0, bytesLeft) : joined;
      bytesLeft -= cut.length;
      return cut;
    };
    return {
      read: async () => {
        while (!cancelled && bytesLeft > 0) {
          const chunk = next();
          if (chunk !== undefined) return chunk;
          if (!options.follow || this.ended) return undefined;
          this.waiting ??= createDeferred();
          await this.waiting.promise;
        }
        return undefined;
      },
      cancel: () => {
        cancelled = true;
        this.wake();
      },
    };
  }

  /** Where the last lines begin. A last line without an end counts as one. */
  private tailPosition(tailLines: number): { sequence: number; offset: number } {
    let left = tailLines;
    if (left <= 0) return { sequence: this.dropped + this.records.length, offset: 0 };
    let isLast = true;
    for (let index = this.records.length - 1; index >= 0; index--) {
      const { bytes } = this.records[index] as LogRecord;
      for (let offset = bytes.length - 1; offset >= 0; offset--) {
        if (bytes[offset] === newline && !isLast) {
          left--;
          if (left === 0) return offset + 1 < bytes.length ? { sequence: this.dropped + index, offset: offset + 1 } : { sequence: this.dropped + index + 1, offset: 0 };
        }
        isLast = false;
      }
    }
    return { sequence: this.dropped, offset: 0 };
  }

  private add(record: LogRecord): void {
    this.records.push(record);
    this.totalBytes += record.bytes.length;
    if (this.totalBytes > logBytesMax) this.rotate();
    this.wake();
  }

  private rotate(): void {
    let count = 0;
    while (this.totalBytes > logBytesMax * 0.9 && count < this.records.length - 1) {
      this.totalBytes -= (this.records[count] as LogRecord).bytes.length;
      count++;
    }
    this.records = this.records.slice(count);
    this.dropped += count;
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.resolve();
  }
}

function stampLines(bytes: Uint8Array, timeMs: number, atLineStart: boolean): Uint8Array {
  const stamp = encodeText(`${formatLogTime(timeMs)} `);
  const parts: Uint8Array[] = [];
  let start = 0;
  let needsStamp = atLineStart;
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start);
    const stop = end < 0 ? bytes.length : end + 1;
    if (needsStamp) parts.push(stamp);
    parts.push(bytes.subarray(start, stop));
    needsStamp = true;
    start = stop;
  }
  return concatBytes(parts);
}
