import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { generateSchema } from './generate-schema.ts';
import { packageVsix } from './package.ts';
import { root } from './root.ts';

/*
 * Everything that is checked, in one run: types, tidiness, units, simulation, real clients, the extension host, a browser.
 * Each part adds to one count; the last line is `N passed, N failed, N skipped`.
 */
interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const total: Count = { passed: 0, failed: 0, skipped: 0 };
const skips: string[] = [];
const results = path.join(root, '.vscode-test', 'results');
await rm(results, { recursive: true, force: true });

await part('schema', generateSchema); // the types and the tests need it
await part('types', async () => run(process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '-p', '.']));
await part('types of the webviews', async () => run(process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '-p', 'webview']));
await part('build and package', async () => void (await packageVsix()));
await vitest();
const chromium = findChromium();
if (chromium === undefined) {
  skip('extension host: no Chromium, and it could not be installed (it draws the VS Code that the suite runs in)');
  skip('browser walk: no Chromium, and it could not be installed');
} else {
  await suite('extension host', 'test/extension-host/run.ts', chromium);
  await suite('browser walk', 'test/browser/run.ts', chromium);
}

for (const line of skips) console.log(`skipped: ${line}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

/** One check that passes where it does not throw. */
async function part(name: string, check: () => Promise<void>): Promise<void> {
  const started = performance.now();
  try {
    await check();
    total.passed++;
    console.log(`ok    ${name} (${Math.round(performance.now() - started)} ms)`);
  } catch (error) {
    total.failed++;
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function vitest(): Promise<void> {
  const output = path.join(results, 'vitest.json');
  const status = await spawned(process.execPath, [
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile=${output}`,
  ]);
  if (!existsSync(output)) {
    total.failed++;
    console.log(`FAIL  vitest ended with ${status} and wrote no results`);
    return;
  }
  interface Assertion { readonly status: string; readonly fullName: string; readonly meta?: { readonly skipReason?: string } }
  const report = JSON.parse(await readFile(output, 'utf8')) as { success: boolean; testResults: { name: string; status: string; assertionResults: Assertion[] }[] };
  const before = total.failed;
  for (const file of report.testResults) {
    if (file.assertionResults.length === 0 && file.status === 'failed') total.failed++;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') total.passed++;
      else if (test.status === 'failed') total.failed++;
      else skip(test.fullName);
    }
  }
  if (status !== 0 && total.failed === before) total.failed++; // an error outside any test
}

/** A suite that runs in a program of its own and prints `N passed, N failed, N skipped` last. */
async function suite(name: string, script: string, browser: string): Promise<void> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(root, script)], {
    cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CHROMIUM: browser },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    process.stdout.write(chunk);
  });
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const counted = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  const [passed = 0, failed = 0, skipped = 0] = (counted ?? []).slice(1).map(Number);
  total.passed += passed;
  total.skipped += skipped;
  total.failed += failed === 0 && (counted === undefined || status !== 0) ? 1 : failed;
  for (const line of output.matchAll(/^skipped: (.*)$/gm)) skips.push(`${name}: ${line[1]}`);
  console.log(`${status === 0 ? 'ok   ' : 'FAIL '} ${name} (${Math.round(performance.now() - started)} ms)`);
}

function skip(reason: string): void {
  total.skipped++;
  skips.push(reason);
}

function run(command: string, args: readonly string[]): void {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${result.stdout}${result.stderr}`.trim());
}

function spawned(command: string, args: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => spawn(command, args, { cwd: root, stdio: 'inherit' }).once('exit', resolve));
}

/** A Chromium on this machine; installed from the system's packages where this user may do that. */
function findChromium(): string | undefined {
  const known = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
  const find = () => known.find((file) => file !== undefined && existsSync(file));
  if (find() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing Chromium from the system packages …');
    spawnSync('sh', ['-c', 'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-nanum'], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return find();
}
