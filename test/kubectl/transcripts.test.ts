import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Program, buildProgram, startCluster } from './cluster.ts';
import { type Kubectl, findKubectls, kubectlEnvironment } from './kubectl.ts';
import { type Exchange, formatTranscript, normalise, parseTranscript, runCommand } from './transcript.ts';

const testdata = fileURLToPath(new URL('testdata/', import.meta.url));
const transcripts = readdirSync(testdata).filter((file) => file.endsWith('.txt')).map((file) => file.slice(0, -'.txt'.length));
const wanted = process.env['KUBECTL_VERSIONS']?.split(',');
/** Played where none are asked for. */
const USUAL = new Set(['1.31', '1.32', '1.33']);
const kubectls = findKubectls().filter(({ version }) => (wanted === undefined ? USUAL.has(version) : wanted.includes(version)));
/** What older versions send differs most here: they are played by the usual versions, the rest by the newest, unless versions are asked for. */
const playedByAll = new Set(['cluster', 'create', 'auth', 'get', 'programs']);
const isUpdate = process.env['UPDATE'] === '1';
const TRANSCRIPT_MS_MAX = 120_000;

// kubectl is no part of the project: where there is none, its transcripts have nothing to run.
describe.skipIf(kubectls.length === 0).concurrent('what kubectl prints is what it prints of a real cluster', () => {
  let program: Program;
  beforeAll(async () => {
    program = await buildProgram();
  });
  afterAll(() => program.remove());

  for (const name of transcripts) {
    const file = path.join(testdata, `${name}.txt`);
    const { comment, exchanges } = parseTranscript(readFileSync(file, 'utf8'));
    if (isUpdate) {
      it(name, async () => {
        const runs = await Promise.all(kubectls.map(async (kubectl) => ({ kubectl, outputs: await play(kubectl, exchanges) })));
        writeFileSync(file, formatTranscript(comment, exchanges.map((exchange, index) => withOutputs(exchange, runs.map(({ kubectl, outputs }) => ({ kubectl, output: outputs[index] as string }))))));
      }, TRANSCRIPT_MS_MAX);
    } else {
      for (const kubectl of kubectls) {
        if (wanted === undefined && kubectl !== kubectls[0] && !playedByAll.has(name)) continue;
        it(`${name}, kubectl ${kubectl.version}`, async () => {
          const outputs = await play(kubectl, exchanges);
          const forVersion = (exchange: Exchange, output: string) => ({ command: exchange.command, output, outputByVersion: {} });
          expect(formatTranscript('', exchanges.map((exchange, index) => forVersion(exchange, outputs[index] as string))))
            .toBe(formatTranscript('', exchanges.map((exchange) => forVersion(exchange, exchange.outputByVersion[kubectl.version] ?? exchange.output))));
        }, TRANSCRIPT_MS_MAX);
      }
    }
  }

  /** Runs a transcript's commands one after another against a new cluster. */
  async function play(kubectl: Kubectl, exchanges: readonly Exchange[]): Promise<readonly string[]> {
    const folder = await mkdtemp(path.join(tmpdir(), 'drydock-transcript-'));
    const cluster = await startCluster(program, folder);
    try {
      const cwd = path.join(folder, 'work');
      await mkdir(cwd);
      const env = kubectlEnvironment(kubectl, folder, cluster.kubeconfig);
      const outputs: string[] = [];
      for (const { command } of exchanges) outputs.push(normalise(await runCommand(command, { cwd, env })).replace(/\n+$/, '\n').replaceAll(folder, '<home>'));
      return outputs;
    } finally {
      expect(await cluster.stop(), cluster.log()).toBe(0);
      await rm(folder, { recursive: true, force: true });
    }
  }
});

/** The newest version's output is the transcript's; others are kept beside it where they differ. */
function withOutputs(exchange: Exchange, runs: readonly { readonly kubectl: Kubectl; readonly output: string }[]): Exchange {
  const newest = findKubectls()[0]?.version;
  const output = runs.find(({ kubectl }) => kubectl.version === newest)?.output ?? exchange.output;
  const others = runs.filter(({ kubectl }) => kubectl.version !== newest).map((run) => [run.kubectl.version, run.output]);
  return { command: exchange.command, output, outputByVersion: { ...exchange.outputByVersion, ...Object.fromEntries(others) } };
}
