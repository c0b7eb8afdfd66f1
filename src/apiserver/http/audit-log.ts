import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';
import { formatMicroTime } from '../../api/index.ts';
import type { Clock } from '../../world/index.ts';
import type { AuditSink } from '../audit/index.ts';

/** A log that grows beyond this is put aside. Kubernetes: --audit-log-maxsize. */
const FILE_BYTES_MAX = 100 * 1024 * 1024;
/** Logs that were put aside and are kept. Kubernetes: --audit-log-maxbackup. */
const BACKUPS_MAX = 5;
/** What may wait for a disk that is slow; more is dropped. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;

export interface AuditLog extends AuditSink {
  /** Resolves once all is written. */
  close(): Promise<void>;
}

/** Appends audit events to a file, mode 0600; full ones become NAME-TIME.EXTENSION beside it. Throws where the file can't be made. Kubernetes: plugin/audit/log, lumberjack. */
export function openAuditLog(file: string, clock: Clock, onError: (text: string) => void, bytesMax = FILE_BYTES_MAX): AuditLog {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  let bytes = existsSync(file) ? statSync(file).size : 0;
  let isBroken = false;
  const open = (): WriteStream => {
    const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
    stream.on('error', (error) => {
      if (!isBroken) onError(`audit log ${file}: ${error.message}`);
      isBroken = true;
    });
    return stream;
  };
  let stream = open();
  const turnOver = () => {
    stream.end();
    renameSync(file, backupName(file, clock.nowMs()));
    dropOldBackups(file);
    stream = open();
    bytes = 0;
  };
  return {
    write(line) {
      if (isBroken || stream.writableLength > WAITING_BYTES_MAX) return;
      const size = Buffer.byteLength(line);
      // A file that is not there yet can't be put aside.
      if (bytes > 0 && bytes + size > bytesMax && existsSync(file)) turnOver();
      bytes += size;
      stream.write(line);
    },
    close: () => new Promise((resolve) => {
      if (isBroken) resolve();
      else stream.end(resolve);
    }),
  };
}

function backupName(file: string, nowMs: number): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${formatMicroTime(nowMs).replaceAll(':', '-').replace('Z', '')}${ext}`);
}

/** The time in their names puts them in order. */
function dropOldBackups(file: string): void {
  const { dir, name, ext } = path.parse(file);
  const backups = readdirSync(dir).filter((each) => each.startsWith(`${name}-`) && each.endsWith(ext)).sort();
  for (const old of backups.slice(0, -BACKUPS_MAX)) rmSync(path.join(dir, old), { force: true });
}
