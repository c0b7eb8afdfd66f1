import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/root.ts';

/** A desktop VS Code is worth having where it can be downloaded and shown. */
const UPDATE_SERVER = 'https://update.code.visualstudio.com/api/releases/stable';
const PROBE_MS_MAX = 3000;

const suite = path.join(root, '.vscode-test', 'suite', 'suite.cjs');
await build({
  absWorkingDir: root, entryPoints: ['test/extension-host/suite/index.ts'], outfile: suite, bundle: true, platform: 'node', format: 'cjs', external: ['vscode', 'mocha'], logLevel: 'error',
});
const home = mkdtempSync(path.join(tmpdir(), 'dd-home-'));
const workspace = path.join(home, 'workspace');
cpSync(path.join(root, 'media', 'sample-workspace'), workspace, { recursive: true });
process.env['HOME'] = home; // the lab of the tests must not be the user's
process.env['PATH'] = `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`;
const desktop = await canRunDesktop();
console.log(desktop ? 'in the desktop VS Code' : 'in code-server, since no desktop VS Code can be had here');
try {
  await runTests({
    ...(desktop ? {} : { vscodeExecutablePath: path.join(root, 'test', 'extension-host', 'code-server-stand-in.ts') }),
    extensionDevelopmentPath: root, extensionTestsPath: suite, launchArgs: [workspace],
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

async function canRunDesktop(): Promise<boolean> {
  if (process.platform === 'linux' && process.env['DISPLAY'] === undefined) return false;
  try {
    return (await fetch(UPDATE_SERVER, { signal: AbortSignal.timeout(PROBE_MS_MAX) })).ok;
  } catch {
    return false; // no network: the stand-in it is
  }
}
