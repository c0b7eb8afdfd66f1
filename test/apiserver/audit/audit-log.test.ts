import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuditLog } from '../../../src/apiserver/http/audit-log.ts';
import { createSimulatedWorld } from '../../../src/world/simulated/index.ts';

describe('the audit log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'drydock-audit-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is appended to, and nobody else may read it', async () => {
    const file = path.join(folder, 'deep', 'audit.log');
    const { clock } = createSimulatedWorld(1);
    for (const line of ['one\n', 'two\n']) {
      const log = openAuditLog(file, clock, () => {});
      log.write(line);
      await log.close();
    }
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['one\ntwo\n', 0o600]);
  });

  it('that is full is put aside, and of those the latest five are kept', async () => {
    const file = path.join(folder, 'audit.log');
    const { clock } = createSimulatedWorld(1);
    for (let count = 0; count < 8; count++) {
      const log = openAuditLog(file, clock, () => {}, 10);
      log.write(`event-${count}\n`);
      await log.close();
      await clock.advance(1000);
    }
    const names = readdirSync(folder).sort();
    expect(names.map((name) => name.replace(/-\d{4}-\d\d-\d\dT[\d-]+\.\d{6}\./, '-TIME.'))).toEqual([...Array.from({ length: 5 }, () => 'audit-TIME.log'), 'audit.log']);
    expect(names.map((name) => readFileSync(path.join(folder, name), 'utf8'))).toEqual(['event-2\n', 'event-3\n', 'event-4\n', 'event-5\n', 'event-6\n', 'event-7\n']);
  });

  it('says once that it cannot be written', async () => {
    const { clock } = createSimulatedWorld(1);
    const told: string[] = [];
    const log = openAuditLog(folder, clock, (text) => told.push(text));
    for (let count = 0; count < 3; count++) {
      log.write('x\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await log.close();
    expect(told).toEqual([expect.stringMatching(/^audit log .*: EISDIR/)]);
  });
});
