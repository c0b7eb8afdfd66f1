import { type ByteReader, type ByteWriter, createBytePipe, decodeText, encodeText } from '../../base/index.ts';
import { OpenFile, type PendingRead, StreamInput } from './open-file.ts';
import type { SignalName } from './signals.ts';

const lineBytesMax = 4096; // Linux: N_TTY_BUF_SIZE

/**
 * A terminal's line discipline: echo, erase, Ctrl-C and Ctrl-D on the way in, CR LF on the way out. Linux: n_tty.
 * In raw mode (a shell that edits lines itself) keystrokes pass as they are.
 */
export class Terminal {
  mode: 'canonical' | 'raw' = 'canonical';
  columns = 80;
  rows = 24;
  /** The group that Ctrl-C reaches; undefined: signals are not sent. */
  foregroundGroup: number | undefined;
  private readonly input = createBytePipe();
  private readonly sendSignal: (group: number | undefined, signal: SignalName) => void;
  private output: ByteWriter | undefined;
  private line: number[] = [];
  readonly inputFile: TerminalInput;

  constructor(sendSignal: (group: number | undefined, signal: SignalName) => void, output: ByteWriter | undefined) {
    this.sendSignal = sendSignal;
    this.output = output;
    this.inputFile = new TerminalInput(this, this.input.reader);
  }

  setOutput(output: ByteWriter | undefined): void {
    this.output = output;
  }

  /** A descriptor to write to. */
  openOutput(): OpenFile {
    return new TerminalOutput(this);
  }

  /** Feeds keystrokes until the reader ends. Never rejects. */
  async feedFrom(reader: ByteReader): Promise<void> {
    try {
      for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) await this.feed(chunk);
    } catch {
      // the user's end broke: the same as hanging up
    }
  }

  /** The user hung up: readers come to the end. */
  hangUp(): void {
    this.input.writer.end();
  }

  async feed(bytes: Uint8Array): Promise<void> {
    if (this.mode === 'raw') {
      await this.input.writer.write(bytes).catch(() => undefined); // what is typed after the program closed its input is lost
      return;
    }
    for (const byte of bytes) await this.feedByte(byte);
  }

  /** Writes to the user, line ends as CR LF. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.output === undefined) return undefined;
    return this.output.write(toCrLf(chunk)).catch(() => undefined); // the user has gone
  }

  private async feedByte(byte: number): Promise<void> {
    switch (byte) {
      case 3: // Ctrl-C
        this.line = [];
        await this.echo('^C');
        this.sendSignal(this.foregroundGroup, 'INT');
        return;
      case 28: // Ctrl-\
        this.line = [];
        await this.echo('^\\');
        this.sendSignal(this.foregroundGroup, 'QUIT');
        return;
      case 4: // Ctrl-D: hand over what there is; nothing is the end
        if (this.line.length === 0) this.inputFile.endOnce();
        else await this.handOver();
        return;
      case 21: // Ctrl-U
        await this.echo('\b \b'.repeat(decodeText(new Uint8Array(this.line)).length));
        this.line = [];
        return;
      case 8: case 127:
        if (this.line.length === 0) return;
        while (((this.line[this.line.length - 1] ?? 0) & 0xc0) === 0x80) this.line.pop(); // the tail of a UTF-8 letter
        this.line.pop();
        await this.echo('\b \b');
        return;
      case 10: case 13:
        this.line.push(10);
        await this.echo('\n');
        await this.handOver();
        return;
      default:
        if (this.line.length >= lineBytesMax) return;
        this.line.push(byte);
        await this.write(new Uint8Array([byte]));
    }
  }

  private async handOver(): Promise<void> {
    const line = new Uint8Array(this.line);
    this.line = [];
    await this.input.writer.write(line).catch(() => undefined); // as in feed
  }

  private async echo(text: string): Promise<void> {
    await this.write(encodeText(text));
  }
}

class TerminalInput extends StreamInput {
  private readonly owner: Terminal;
  private endsPending = 0;
  private endWaiters: (() => void)[] = [];

  constructor(owner: Terminal, reader: ByteReader) {
    super(reader);
    this.owner = owner;
  }

  override get terminal(): Terminal {
    return this.owner;
  }

  /** A terminal's input may be read by one who writes too, as /dev/tty is. */
  override write(chunk: Uint8Array): Promise<void> | undefined {
    return this.owner.write(chunk);
  }

  override read(): PendingRead {
    if (this.endsPending > 0) {
      this.endsPending--;
      return { chunk: Promise.resolve(undefined), cancel: () => undefined };
    }
    const inner = super.read();
    let stop: () => void = () => undefined;
    const ended = new Promise<undefined>((resolve) => {
      stop = () => resolve(undefined);
      this.endWaiters.push(stop);
    });
    const cancel = () => {
      inner.cancel();
      this.endWaiters = this.endWaiters.filter((waiter) => waiter !== stop);
    };
    const chunk = Promise.race([inner.chunk, ended]).finally(cancel);
    return { chunk, cancel };
  }

  /** Ctrl-D: one read comes to the end, later ones go on. */
  endOnce(): void {
    const waiter = this.endWaiters.shift();
    if (waiter === undefined) this.endsPending++;
    else waiter();
  }
}

class TerminalOutput extends OpenFile {
  private readonly owner: Terminal;

  constructor(owner: Terminal) {
    super();
    this.owner = owner;
  }

  override get terminal(): Terminal {
    return this.owner;
  }

  override read(): PendingRead {
    return this.owner.inputFile.read();
  }

  override unread(bytes: Uint8Array): void {
    this.owner.inputFile.unread(bytes);
  }

  override write(chunk: Uint8Array): Promise<void> | undefined {
    return this.owner.write(chunk);
  }
}

/** Output processing (ONLCR): every line feed gets its carriage return. */
function toCrLf(chunk: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of chunk) if (byte === 10) count++;
  if (count === 0) return chunk;
  const out = new Uint8Array(chunk.length + count);
  let offset = 0;
  for (const byte of chunk) {
    if (byte === 10) out[offset++] = 13;
    out[offset++] = byte;
  }
  return out;
}
