/** Most UTF-16 units parsed in one turn of the event loop, over all streams: well under a millisecond of JSON.parse. */
const turnLengthMax = 32 * 1024;
/** A stream with so much unparsed text is paused. */
const waitingLengthMax = 1024 * 1024;

/** The streams that have lines to parse, first come first served, and each a turn at a time. */
const waiting: JsonLines[] = [];
let isScheduled = false;

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(takeTurn);
}

function takeTurn(): void {
  isScheduled = false;
  let length = 0;
  while (length < turnLengthMax) {
    const lines = waiting.shift();
    if (lines === undefined) return;
    length += lines.parse(turnLengthMax - length);
    if (lines.isWaiting) waiting.push(lines);
  }
  if (waiting.length > 0) schedule();
}

/**
 * Turns a stream of text into batches of parsed lines. Nothing is parsed in the turn in which it arrived, for one read of
 * a socket can bring megabytes: all streams together get a bounded piece of each turn. Keeps the order within a stream.
 */
export class JsonLines {
  private readonly onBatch: (values: readonly unknown[]) => void;
  private readonly flow: { pause(): void; resume(): void };
  private lines: string[] = [];
  private partial = '';
  private waitingLength = 0;
  private isPaused = false;
  private onEnd: (() => void) | undefined;
  private isClosed = false;

  constructor(onBatch: (values: readonly unknown[]) => void, flow: { pause(): void; resume(): void }) {
    this.onBatch = onBatch;
    this.flow = flow;
  }

  push(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      if (this.lines.length === 0) this.wait();
      this.lines.push(line);
      this.waitingLength += line.length;
    }
    if (this.waitingLength > waitingLengthMax && !this.isPaused) {
      this.isPaused = true;
      this.flow.pause();
    }
  }

  /** The stream is over; run comes after the last batch. */
  end(run: () => void): void {
    this.onEnd = run;
    if (this.lines.length === 0) this.wait();
  }

  /** Forgets everything; nothing is called any more. */
  close(): void {
    this.isClosed = true;
    this.lines = [];
  }

  get isWaiting(): boolean {
    return this.lines.length > 0;
  }

  /** Parses lines of lengthMax or a little more, hands them on, and says how much it was. */
  parse(lengthMax: number): number {
    if (this.isClosed) return 0;
    let length = 0;
    let count = 0;
    while (count < this.lines.length && length < lengthMax) length += (this.lines[count++] as string).length;
    const batch = this.lines.splice(0, count);
    this.waitingLength -= length;
    if (this.isPaused && this.waitingLength < waitingLengthMax / 2) {
      this.isPaused = false;
      this.flow.resume();
    }
    if (batch.length > 0) this.onBatch(batch.map((line) => JSON.parse(line) as unknown));
    if (this.lines.length === 0 && this.onEnd !== undefined && !this.isClosed) {
      this.isClosed = true;
      this.onEnd();
    }
    return length;
  }

  private wait(): void {
    waiting.push(this);
    schedule();
  }
}
