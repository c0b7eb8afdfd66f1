import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer, type ApiServer } from '../../src/apiserver/index.ts';
import { openMemoryStore } from '../../src/etcd/index.ts';
import { type Door, openDoor, testCertificates, world } from '../apiserver/http/harness.ts';
import { createTokenSigner, verifySignature } from '../../src/apiserver/http/index.ts';
import { differenceOf, formatKnownDifferences, parseKnownDifferences } from './known-differences.ts';
import { replay, TOKENS } from './replay.ts';
import { parseScenario, type Scenario, type Step } from './scenario.ts';

const folder = new URL('scenarios/', import.meta.url);
const list = new URL('known-differences.txt', import.meta.url);
const knownDifferences = new Map(parseKnownDifferences(readFileSync(list, 'utf8')));
const USERS = {
  admin: { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] },
  alice: { name: 'alice', uid: 'alice', groups: ['developers', 'system:authenticated'] },
  node: { name: 'system:node:node-1', uid: 'node-1', groups: ['system:nodes', 'system:authenticated'] },
} as const;

const files = readdirSync(folder).sort();
const nameOf = (file: string): string => file.replace(/\.txt$/, '');
const scenarioOf = (file: string): Scenario => parseScenario(readFileSync(new URL(file, folder), 'utf8'));

const answersOf = new Map<string, readonly string[]>();
let door: Door;
let apiServer: ApiServer;
beforeAll(async () => {
  const tokens = new Map(Object.entries(USERS).map(([name, user]) => [TOKENS[name] as string, user]));
  const { tokenKeyPem } = await testCertificates();
  // Time stands still: ages, and who comes first among managers, must not depend on how fast the machine is.
  const nowMs = world.clock.nowMs();
  const clock: typeof world.clock = {
    nowMs: () => nowMs, elapsedMs: () => world.clock.elapsedMs(), schedule: (delayMs, run) => world.clock.schedule(delayMs, run), sleep: (delayMs, signal) => world.clock.sleep(delayMs, signal),
  };
  const frozen = { ...world, clock };
  apiServer = createApiServer({
    world: frozen, store: openMemoryStore(), address: { ip: '127.0.0.1', port: 16_443 }, tokens, tokenSigner: createTokenSigner(tokenKeyPem), verifySignature,
  });
  await apiServer.start();
  door = await openDoor(apiServer, undefined, frozen);
  const target = { host: '127.0.0.1', port: door.server.port, tls: door.tls('none') };
  // All at once: each has its own namespace, and some wait for seconds.
  await Promise.all(files.map(async (file) => answersOf.set(file, await replay(scenarioOf(file), `differential-${nameOf(file)}`, target, nowMs))));
}, 60_000);
afterAll(async () => {
  await door.server.close();
  apiServer.stop();
  if (process.env['UPDATE'] === '1') writeFileSync(list, formatKnownDifferences(knownDifferences));
});

it('lists differences of sentences that there are', () => {
  const sentences = files.flatMap((file) => scenarioOf(file).behaviours.map(({ sentence }) => `${nameOf(file)}: ${sentence}`));
  expect([...knownDifferences.keys()].filter((heading) => !sentences.includes(heading))).toEqual([]);
});

for (const file of files) {
  const name = nameOf(file);
  const scenario = scenarioOf(file);
  describe(name.replaceAll('-', ' '), () => {
    let first = 0;
    for (const { sentence, steps } of scenario.behaviours) {
      const start = first;
      first += steps.length;
      const heading = `${name}: ${sentence}`;
      const known = knownDifferences.get(heading);
      it(known === undefined ? sentence : `${sentence} (not so here: ${known.reason})`, () => {
        const ours = transcript(steps, (answersOf.get(file) ?? []).slice(start, start + steps.length));
        const theirs = transcript(steps, steps.map(({ answer }) => answer));
        if (known === undefined) return expect(ours).toBe(theirs);
        const difference = differenceOf(theirs, ours);
        if (process.env['UPDATE'] === '1') {
          if (ours === theirs) knownDifferences.delete(heading);
          else knownDifferences.set(heading, { reason: known.reason, ...difference });
          return;
        }
        expect(ours, 'there is no difference any more').not.toBe(theirs);
        expect({ reason: known.reason, ...difference }).toEqual(known);
      });
    }
  });
}

function transcript(steps: readonly Step[], answers: readonly string[]): string {
  return steps.map(({ verb, target }, index) => `${verb} ${target}\n----\n${answers[index] ?? ''}\n`).join('\n');
}
