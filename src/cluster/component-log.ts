import { type ByteReader, createBytePipe, encodeText, type ByteWriter } from '../base/index.ts';
import type { LogOptions } from '../client/index.ts';
import type { Clock } from '../world/index.ts';

/** Lines that are kept of each component. */
const LINES_MAX = 2000;

/** What a component of the control plane has to say; becomes its pod's log. */
export interface ComponentLog {
  info(text: string): void;
  error(text: string): void;
  read(options: LogOptions): ByteReader;
}

/** A log in memory, in klog's format; every line also goes to sink. */
export function createComponentLog(component: string, clock: Clock, sink: (line: string) => void): ComponentLog {
  let lines: string[] = [];
  const followers = new Set<ByteWriter>();
  const write = (severity: 'I' | 'E', text: string) => {
    const line = `${severity}${klogTime(clock.nowMs())}       1 ${component}] ${text}`;
    if (lines.length >= 2 * LINES_MAX) lines = lines.slice(-LINES_MAX);
    lines.push(line);
    for (const follower of followers) follower.write(encodeText(`${line}\n`)).catch(() => followers.delete(follower)); // whoever followed has gone
    sink(line);
  };
  return {
    info: (text) => write('I', text),
    error: (text) => write('E', text),
    read({ tailLines, follow }) {
      // Room for all that is kept, so that nobody waits for a reader.
      const { reader, writer } = createBytePipe(Number.POSITIVE_INFINITY);
      const shown = tailLines === undefined ? lines : tailLines === 0 ? [] : lines.slice(-tailLines);
      if (shown.length > 0) void writer.write(encodeText(`${shown.join('\n')}\n`));
      if (follow === true) followers.add(writer);
      else writer.end();
      return reader;
    },
  };
}

/** MMDD hh:mm:ss.uuuuuu, in UTC. */
function klogTime(timeMs: number): string {
  const [date = '', time = ''] = new Date(timeMs).toISOString().split('T');
  return `${date.slice(5, 7)}${date.slice(8, 10)} ${time.slice(0, 12)}000`;
}
