#!/usr/bin/env node
/*
 * Stands in for the desktop `code` executable where there is none: @vscode/test-electron starts it with
 * --extensionDevelopmentPath=… --extensionTestsPath=… [folder], and it runs that suite in code-server's real extension host.
 */
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import { launchChromium } from '../../scripts/browser.ts';
import { ensureCodeServer, startCodeServer } from '../../scripts/code-server.ts';

/** The whole suite takes far less; a hang must not hold everything up. */
const SUITE_MS_MAX = 240_000;
/** What the workbench itself logs there. */
const NOISE = /^(Resolv|Creating a socket|\[|Updating additional|Timed out waiting for auth|getaddrinfo|Ignoring|Error fetching|Failed to fetch|rejected promise)/;

const options = new Map<string, string>();
let folder: string | undefined;
for (const arg of process.argv.slice(2)) {
  const [, name, value] = /^--([^=]+)=(.*)$/.exec(arg) ?? [];
  if (name !== undefined && value !== undefined) options.set(name, value);
  else if (!arg.startsWith('-')) folder = path.resolve(arg);
}
const scratch = mkdtempSync(path.join(tmpdir(), 'dd-')); // a unix socket lives below it, so that its name must be short
const server = await ensureCodeServer(console.error);
const running = await startCodeServer(server, {
  userDataFolder: path.join(scratch, 'ud'), extensionsFolder: path.join(scratch, 'ex'), logFile: openSync(path.join(scratch, 'log'), 'w'),
  settings: {
    'terminal.integrated.gpuAcceleration': 'off', 'extensions.autoCheckUpdates': false, 'extensions.autoUpdate': false, 'telemetry.telemetryLevel': 'off',
    'workbench.startupEditor': 'none', 'chat.disableAIFeatures': true, 'workbench.enableExperiments': false,
  },
  extraArgs: ['--disable-workspace-trust', '--vscode-option', 'enable-smoke-test-driver'],
});
const browser = await launchChromium(process.env['CHROMIUM'] ?? '/usr/bin/chromium');
let exitCode = 1;
try {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  const exited = new Promise<number>((resolve) => void page.exposeFunction('codeAutomationExit', resolve));
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    const line = format(...args);
    if (!NOISE.test(line) && !line.includes('Could not locate the bindings file')) (type === 'error' ? process.stderr : process.stdout).write(`${line}\n`);
  });
  const remote = (file: string) => `vscode-remote://${running.host}${encodeURI(path.resolve(file))}`;
  const payload = ['extensionDevelopmentPath', 'extensionTestsPath'].map((name) => [name, remote(options.get(name) ?? '')]);
  const query = new URLSearchParams(folder === undefined ? { ew: 'true' } : { folder });
  query.set('payload', JSON.stringify([...payload, ['skipWelcome', 'true'], ['skipReleaseNotes', 'true']]));
  await page.goto(`${running.url}?${query}`);
  exitCode = await Promise.race([exited, new Promise<number>((resolve) => setTimeout(() => resolve(124), SUITE_MS_MAX))]);
  if (exitCode === 124) console.error(`the suite did not end within ${SUITE_MS_MAX} ms`);
} finally {
  await browser.close();
  await running.stop();
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
}
process.exit(exitCode);
