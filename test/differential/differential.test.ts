import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer, type ApiServer } from '../../src/apiserver/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../apiserver/http/harness.ts';
import { createTokenSigner, verifySignature } from '../../src/apiserver/http/index.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { replay, TOKENS } from './replay.ts';
import { parseScenario, type Step } from './scenario.ts';

const folder = new URL('scenarios/', import.meta.url);
const USERS = {
  admin: { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] },
  alice: { name: 'alice', uid: 'alice', groups: ['developers', 'system:authenticated'] },
  node: { name: 'system:node:node-1', uid: 'node-1', groups: ['system:nodes', 'system:authenticated'] },
} as const;

let door: Door;
let apiServer: ApiServer;
beforeAll(async () => {
  const tokens = new Map(Object.entries(USERS).map(([name, user]) => [TOKENS[name] as string, user]));
  const { tokenKeyPem } = await testCertificates();
  apiServer = createApiServer({
    world, store: openMemoryStore(), address: { ip: '127.0.0.1', port: 16_443 }, tokens, tokenSigner: createTokenSigner(tokenKeyPem), verifySignature,
  });
  await apiServer.start();
  door = await openDoor(apiServer);
});
afterAll(async () => {
  await door.server.close();
  apiServer.stop();
});

for (const file of readdirSync(folder).sort()) {
  const name = file.replace(/\.txt$/, '');
  const scenario = parseScenario(readFileSync(new URL(file, folder), 'utf8'));
  describe(name.replaceAll('-', ' '), () => {
    let answers: readonly string[];
    beforeAll(async () => {
      answers = await replay(scenario, `differential-${name}`, { host: '127.0.0.1', port: door.server.port, tls: door.tls('none') }, world.clock.nowMs());
    });
    let first = 0;
    for (const { sentence, steps } of scenario.behaviours) {
      const start = first;
      first += steps.length;
      const known = KNOWN_DIFFERENCES[`${name}: ${sentence}`];
      it(known === undefined ? sentence : `${sentence} (not so here: ${known.reason})`, () => {
        const ours = transcript(steps, answers.slice(start, start + steps.length));
        const theirs = transcript(steps, steps.map(({ answer }) => answer));
        if (known === undefined) expect(ours).toBe(theirs);
        else expect({ theirs: linesOnlyIn(theirs, ours), ours: linesOnlyIn(ours, theirs) }).toEqual({ theirs: known.theirs, ours: known.ours });
      });
    }
  });
}

function transcript(steps: readonly Step[], answers: readonly string[]): string {
  return steps.map(({ verb, target }, index) => `${verb} ${target}\n----\n${answers[index] ?? ''}\n`).join('\n');
}

function linesOnlyIn(text: string, other: string): readonly string[] {
  const left = other.split('\n').map((line) => line.trim());
  return text.split('\n').map((line) => line.trim()).filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
