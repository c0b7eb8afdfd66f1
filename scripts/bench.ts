import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { measureApiServer } from './bench/apiserver/suite.ts';
import type { Row } from './bench/row.ts';
import type { Sample, Scenario } from './bench/sample.ts';
import { measureEventLoopDelay } from './bench/event-loop-delay.ts';
import { measureFdatasync } from './bench/fdatasync.ts';
import { root } from './root.ts';

/*
 * bench [cluster] [apiserver]: both where nothing is named.
 *
 * cluster measures Drydock against webernetes, the other Kubernetes in TypeScript: the same Deployment, counted by informer,
 * no modelled delays, both bundled, each sample in a process of its own, A/B/A/B. Ratios are medians of pairs.
 * Both sides start as `drydock up` does, by src/cli/run-cached.ts: functions are compiled already, nothing is optimized yet.
 */
interface Comparison {
  readonly id: string;
  readonly scenario: Scenario;
  readonly rounds: number;
  /** Ours must be at most so many milliseconds, where given, and the peer must take so many times as long. */
  readonly wallMsMax?: number;
  readonly ratioMin: number;
}

const COMPARISONS: readonly Comparison[] = [
  { id: '3 nodes ready', scenario: { nodes: 3, pods: 0 }, rounds: 7, wallMsMax: 10, ratioMin: 4 },
  { id: '100 pods on 3 nodes running', scenario: { nodes: 3, pods: 100 }, rounds: 5, ratioMin: 50 },
  { id: '1,000 pods on 30 nodes running', scenario: { nodes: 30, pods: 1000 }, rounds: 2, ratioMin: 100 },
];
const EVENT_LOOP_DELAY_MS_MAX = 4;
/** Enough for every function to run once. */
const WARM_UP_PODS = 30;

const run = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), 'drydock-bench-'));
const rows: Row[] = [];
const suites: Readonly<Record<string, () => Promise<readonly Row[]>>> = { cluster: measureCluster, apiserver: () => measureApiServer(folder) };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
try {
  for (const name of wanted) {
    const suite = suites[name];
    if (suite === undefined) throw new Error(`there is no benchmark "${name}": choose of ${Object.keys(suites).join(', ')}`);
    rows.push(...(await suite()));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
await writeFile(path.join(root, 'bench-results.json'), `${JSON.stringify(rows, null, 2)}\n`);
console.log(`\n${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`);
console.table(rows.map((row) => ({ ...row, ours: row.ours.toFixed(2), peer: row.peer?.toFixed(2) ?? '–', ratio: row.ratio?.toFixed(1) ?? '–' })));

async function measureCluster(): Promise<Row[]> {
  const measured: Row[] = [];
  for (const name of ['launch', 'drydock', 'webernetes']) await bundle(name);
  for (const comparison of COMPARISONS) measured.push(...(await compare(comparison)));
  return [...measured, await eventLoopDelay(), ...(await floors())];
}

async function bundle(name: string): Promise<void> {
  await build({
    absWorkingDir: root, entryPoints: [`scripts/bench/${name}.ts`], outfile: path.join(folder, `${name}.js`), bundle: true, minify: true, platform: 'node', format: 'cjs', logLevel: 'error',
  });
}

async function compare({ id, scenario, rounds, wallMsMax, ratioMin }: Comparison): Promise<Row[]> {
  const ours: Sample[] = [];
  const peers: Sample[] = [];
  for (const name of ['drydock', 'webernetes']) await sample(name, { nodes: scenario.nodes, pods: Math.min(scenario.pods, WARM_UP_PODS) }); // leaves its bytecode
  for (let round = 0; round < rounds; round++) {
    ours.push(await sample('drydock', scenario));
    peers.push(await sample('webernetes', scenario));
    console.log(`${id}: ${ours.at(-1)?.wallMs.toFixed(1)} ms, webernetes ${peers.at(-1)?.wallMs.toFixed(1)} ms`);
  }
  const row = (unit: string, of: (sample: Sample) => number, isGoal: boolean): Row => {
    const ratio = median(ours.map((sample, index) => of(peers[index] as Sample) / of(sample)));
    const mine = median(ours.map(of));
    return {
      id: `${id}, ${unit}`, ours: mine, peer: median(peers.map(of)), unit: 'ms', ratio, goal: isGoal ? `${wallMsMax === undefined ? '' : `≤ ${wallMsMax} ms and `}≥ ${ratioMin}×` : 'for information',
      met: !isGoal || (ratio >= ratioMin && (wallMsMax === undefined || mine <= wallMsMax)),
    };
  };
  return [row('wall', (sample) => sample.wallMs, true), row('CPU', (sample) => sample.cpuMs, false)];
}

async function sample(name: string, { nodes, pods }: Scenario): Promise<Sample> {
  const { stdout } = await run(process.execPath, [path.join(folder, 'launch.js'), path.join(folder, `${name}.js`), path.join(folder, 'cache'), String(nodes), String(pods)], { timeout: 300_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Sample;
}

async function eventLoopDelay(): Promise<Row> {
  const p999 = await measureEventLoopDelay(folder);
  return {
    id: 'event-loop delay of a client like the extension while 1,000 pods start, p99.9', ours: p999, peer: null, unit: 'ms', ratio: null, goal: `≤ ${EVENT_LOOP_DELAY_MS_MAX} ms`, met: p999 <= EVENT_LOOP_DELAY_MS_MAX,
  };
}

/** The disk's own floor beside the store's figure: a write cannot be quicker than its fdatasync. */
async function floors(): Promise<Row[]> {
  const { storeWritesPerSecond, rawSyncsPerSecond } = await measureFdatasync(folder);
  return [{
    id: 'durable writes, 64 at a time, against bare append + fdatasync one at a time', ours: storeWritesPerSecond, peer: rawSyncsPerSecond, unit: 'writes/s', ratio: storeWritesPerSecond / rawSyncsPerSecond,
    goal: 'for information', met: true,
  }];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
