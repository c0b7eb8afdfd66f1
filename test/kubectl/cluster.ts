import { build } from 'esbuild';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { bundles } from '../../scripts/build.ts';

/** The program as it is shipped, built into a folder of its own so that dist is nobody's but the build's. */
export interface Program {
  readonly cliPath: string;
  remove(): Promise<void>;
}

/** Bundles `drydock` and what the pods' own processes load. */
export async function buildProgram(): Promise<Program> {
  const folder = await mkdtemp(path.join(tmpdir(), 'drydock-program-'));
  const parts = bundles.filter(({ entryPoints }) => Object.keys(entryPoints as object).every((name) => !/extension|language|webview/.test(name)));
  await Promise.all(parts.map((options) => build({ ...options, outdir: folder })));
  await writeFile(path.join(folder, 'package.json'), '{"type":"commonjs"}');
  return { cliPath: path.join(folder, 'cli.js'), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A cluster that runs as a program of its own. */
export interface RunningCluster {
  readonly process: ChildProcess;
  readonly kubeconfig: string;
  readonly server: string;
  /** The line, parsed, by which it said that it is ready. */
  readonly readyLine: object;
  /** The exit code, once it has ended; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** All that the program wrote to stderr so far. */
  log(): string;
  /** SIGTERM, then the exit code (null where a signal ended it). */
  stop(): Promise<number | null>;
}

/** Starts `drydock up` in a folder and waits for the line that says it is ready. Rejects with its stderr where it ends before. */
export function startCluster(program: Program, folder: string, args: readonly string[] = ['--memory']): Promise<RunningCluster> {
  const kubeconfig = path.join(folder, 'kubeconfig');
  const child = spawn(process.execPath, [program.cliPath, 'up', '--kubeconfig', kubeconfig, ...args], {
    cwd: folder, env: { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder, TZ: 'UTC' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  });
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => {
      const readyLine = JSON.parse(line) as { readonly server: string };
      resolve({
        process: child, kubeconfig, server: readyLine.server, readyLine, exited, log: () => log,
        stop() {
          child.kill('SIGTERM');
          return exited;
        },
      });
    });
    void exited.then((code) => reject(new Error(`drydock up ended with ${code}: ${log}`)));
  });
}
