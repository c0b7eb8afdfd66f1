/** Most UTF-16 units parsed before the event loop gets a turn: about a millisecond of JSON.parse. */
const parseLengthMax = 64 * 1024;

/**
 * Turns a stream of text into batches of parsed lines, a bounded piece at a time: what is too much for one turn of the
 * event loop waits for the next, with `pause` and `resume` called around it. Keeps the order. end() gives the rest out.
 */
export class JsonLines {
  private readonly onBatch: (values: readonly unknown[]) => void;
  private readonly flow: { pause(): void; resume(): void };
  private pending: string[] = [];
  private partial = '';
  private scheduled = false;
  private ended: (() => void) | undefined;
  private closed = false;

  constructor(onBatch: (values: readonly unknown[]) => void, flow: { pause(): void; resume(): void }) {
    this.onBatch = onBatch;
    this.flow = flow;
  }

  push(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    if (lines.length === 0) return;
    for (const line of lines) if (line !== '') this.pending.push(line);
    if (!this.scheduled) this.drain();
  }

  /** The stream is over; run comes after the last batch. */
  end(run: () => void): void {
    this.ended = run;
    if (!this.scheduled) this.drain();
  }

  /** Forgets everything; nothing is called any more. */
  close(): void {
    this.closed = true;
    this.pending = [];
  }

  private drain(): void {
    this.scheduled = false;
    if (this.closed) return;
    let length = 0;
    let count = 0;
    while (count < this.pending.length && length < parseLengthMax) length += (this.pending[count++] as string).length;
    const lines = this.pending.splice(0, count);
    if (this.pending.length > 0) {
      this.scheduled = true;
      this.flow.pause();
      setImmediate(() => {
        this.drain();
        if (!this.scheduled && !this.closed) this.flow.resume();
      });
    }
    if (lines.length > 0) this.onBatch(lines.map((line) => JSON.parse(line) as unknown));
    if (this.pending.length === 0 && this.ended !== undefined && !this.closed) {
      this.closed = true;
      this.ended();
    }
  }
}
