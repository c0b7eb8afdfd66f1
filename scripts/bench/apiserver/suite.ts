import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { root } from '../../root.ts';
import type { Row } from '../row.ts';
import type { Load, Seen } from './load.ts';

/*
 * The API server alone. In process: a sample program. Over HTTPS: the server in one process, the client in another, and in the same run,
 * turn by turn, a bare Node.js HTTPS server as the floor: nothing on Node.js answers faster. "On one core" is requests by the server
 * process's own CPU second, whatever the client costs.
 */
const PROGRAMS = ['in-process', 'server', 'floor', 'load', 'watchers', 'memory', 'documents'];
const ROUNDS = 3;
const LOAD_SECONDS = 3;
const PODS_THERE = 10_000;
const MEBIBYTE = 2 ** 20;

const run = promisify(execFile);

/** Runs the API server's benchmark with its programs bundled into the folder. */
export async function measureApiServer(folder: string): Promise<Row[]> {
  for (const name of PROGRAMS) {
    await build({
      absWorkingDir: root, entryPoints: [`scripts/bench/apiserver/${name}.ts`], outfile: path.join(folder, `apiserver-${name}.mjs`), bundle: true, minify: true,
      platform: 'node', format: 'esm', logLevel: 'error', banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
  }
  return [...await inProcess(folder), ...await overHttps(folder), await watchers(folder), await memory(folder), await documents(folder)];
}

async function sample<T>(folder: string, name: string, flags: readonly string[] = []): Promise<T> {
  const { stdout } = await run(process.execPath, [...flags, path.join(folder, `apiserver-${name}.mjs`)], { timeout: 300_000 });
  return JSON.parse(stdout) as T;
}

interface InProcess {
  readonly requests: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>;
  readonly traceMicroseconds: number;
}

async function inProcess(folder: string): Promise<Row[]> {
  const { requests, traceMicroseconds } = await sample<InProcess>(folder, 'in-process');
  const traceShare = (100 * traceMicroseconds) / (requests['create']?.p50 ?? 0);
  return [
    ...Object.entries(requests).flatMap(([what, { p50, p99 }]) => [
      row(`${what} a pod in process, 10,000 there, p50`, p50, 'µs', '≤ 20 µs', p50 <= 20),
      row(`${what} a pod in process, 10,000 there, p99`, p99, 'µs', '≤ 200 µs', p99 <= 200),
    ]),
    row('trace of a request that nobody watches, share of a create', traceShare, '%', '≤ 3 %', traceShare <= 3),
  ];
}

/** A server in a process of its own. */
interface Served {
  readonly process: ChildProcess;
  readonly address: Pick<Load, 'port' | 'ca' | 'cert' | 'key'>;
}

async function overHttps(folder: string): Promise<Row[]> {
  const ours = await serve(folder, 'server');
  const floor = await serve(folder, 'floor');
  const rates: Record<string, number[]> = { get: [], post: [], floorGet: [], floorPost: [], getWall: [], postWall: [] };
  // What counts is a server that has run for a while, on either side.
  for (const work of ['get', 'post'] as const) for (const server of [ours, floor]) await load(folder, server, work, `warm-${work}`);
  for (let round = 0; round < ROUNDS; round++) {
    for (const work of ['get', 'post'] as const) {
      const own = await load(folder, ours, work, `${work}-${round}`);
      const bare = await load(folder, floor, work, 'floor');
      const suffix = work === 'get' ? 'Get' : 'Post';
      rates[work]?.push(own.perCpuSecond);
      rates[`${work}Wall`]?.push(own.perSecond);
      rates[`floor${suffix}`]?.push(bare.perCpuSecond);
      console.log(`${work}: ${own.perCpuSecond.toFixed(0)} by CPU second (${own.perSecond.toFixed(0)} by wall), bare Node.js ${bare.perCpuSecond.toFixed(0)}`);
    }
  }
  floor.process.disconnect();
  ours.process.disconnect();
  const fresh = await serve(folder, 'server');
  const { seen } = await load(folder, fresh, 'list', 'list');
  fresh.process.disconnect();
  const rate = (id: string, own: readonly number[] = [], bare: readonly number[] | undefined, goal: number | undefined): Row => ({
    id, ours: median(own), peer: bare === undefined ? null : median(bare), unit: 'requests/s', ratio: bare === undefined ? null : median(own) / median(bare),
    goal: goal === undefined ? 'for information' : `≥ ${goal.toLocaleString('en')}`, met: goal === undefined || median(own) >= goal,
  });
  return [
    rate('GET of a pod over HTTPS, by CPU second of the server; peer: bare Node.js', rates['get'], rates['floorGet'], 12_000),
    rate('GET of a pod over HTTPS, by wall', rates['getWall'], undefined, undefined),
    rate('POST of a pod over HTTPS, by CPU second of the server; peer: bare Node.js', rates['post'], rates['floorPost'], 6_000),
    rate('POST of a pod over HTTPS, by wall', rates['postWall'], undefined, undefined),
    row('LIST of 10,000 pods over HTTPS, first byte', seen.firstByteMs, 'ms', '≤ 2 ms', seen.firstByteMs <= 2),
    row(`LIST of 10,000 pods over HTTPS, whole (${(seen.bytes / MEBIBYTE).toFixed(0)} MiB)`, seen.wholeMs, 'ms', '≤ 60 ms', seen.wholeMs <= 60),
  ];
}

async function serve(folder: string, name: string): Promise<Served> {
  const child = fork(path.join(folder, `apiserver-${name}.mjs`), [String(PODS_THERE)]);
  const [address] = await once(child, 'message') as [Served['address']];
  return { process: child, address };
}

async function load(folder: string, server: Served, work: Load['work'], name: string): Promise<{ readonly perCpuSecond: number; readonly perSecond: number; readonly seen: Seen }> {
  const client = fork(path.join(folder, 'apiserver-load.mjs'));
  const before = await usageOf(server);
  client.send({ ...server.address, work, seconds: LOAD_SECONDS, name } satisfies Load);
  const [seen] = await once(client, 'message') as [Seen];
  const after = await usageOf(server);
  return { perCpuSecond: seen.requests / ((after - before) / 1e6), perSecond: (1000 * seen.requests) / seen.wallMs, seen };
}

/** Microseconds of CPU that the server has used. */
async function usageOf({ process: child }: Served): Promise<number> {
  child.send('usage');
  const [{ user, system }] = await once(child, 'message') as [NodeJS.CpuUsage];
  return user + system;
}

async function watchers(folder: string): Promise<Row> {
  const { delivered, wanted, p99, cpuPerSecond } = await sample<{ delivered: number; wanted: number; p99: number; cpuPerSecond: number }>(folder, 'watchers');
  return row(`1,000 watchers × 1,000 events/s in process, delay p99 (${delivered === wanted ? 'all delivered' : `${delivered} of ${wanted}`}, ${cpuPerSecond.toFixed(2)} CPU s/s)`, p99, 'ms', '≤ 20 ms', p99 <= 20 && delivered === wanted);
}

async function memory(folder: string): Promise<Row> {
  const { residentBytes } = await sample<{ residentBytes: number }>(folder, 'memory', ['--expose-gc', '--max-old-space-size=8192']);
  return row('resident memory with 150,000 pods of their own spec', residentBytes / MEBIBYTE, 'MiB', '≤ 1,200 MiB', residentBytes / MEBIBYTE <= 1200);
}

async function documents(folder: string): Promise<Row> {
  const { heapBytes } = await sample<{ heapBytes: number }>(folder, 'documents', ['--expose-gc']);
  return row('memory for every discovery and OpenAPI document', heapBytes / MEBIBYTE, 'MiB', '≤ 30 MiB', heapBytes / MEBIBYTE <= 30);
}

function row(id: string, ours: number, unit: string, goal: string, met: boolean): Row {
  return { id, ours, peer: null, unit, ratio: null, goal, met };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
