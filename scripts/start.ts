import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, open } from 'node:fs/promises';
import path from 'node:path';
import { buildAll } from './build.ts';
import { root } from './root.ts';
import { ensureCodeServer, startCodeServer } from './code-server.ts';
import { packageVsix } from './package.ts';

const SETTINGS = {
  'telemetry.telemetryLevel': 'off', 'extensions.autoCheckUpdates': false, 'extensions.autoUpdate': false,
  'workbench.enableExperiments': false, 'workbench.startupEditor': 'none', 'chat.disableAIFeatures': true, 'workbench.secondarySideBar.defaultVisibility': 'hidden',
};
const profile = path.join(root, '.vscode-test', 'start');
const workspace = path.join(profile, 'workspace');
const args = process.argv.slice(2);

if (args.includes('--headless')) await startHeadless(args.filter((arg) => arg !== '--headless'));
else {
  const vsix = await packageVsix();
  // A copy, so that what a learner edits never shows up as a change of the repository.
  if (!existsSync(workspace)) await cp(path.join(root, 'media', 'sample-workspace'), workspace, { recursive: true });
  const code = spawnSync('code', ['--version'], { shell: process.platform === 'win32' });
  if (code.status === 0) openDesktop(vsix);
  else await openCodeServer(vsix);
}

/** The user's own VS Code, with a profile apart, so that nothing of theirs changes. */
function openDesktop(vsix: string): void {
  const shared = ['--user-data-dir', path.join(profile, 'user-data'), '--extensions-dir', path.join(profile, 'extensions')];
  const shell = process.platform === 'win32';
  const install = spawnSync('code', [...shared, '--install-extension', vsix, '--force'], { stdio: 'inherit', shell });
  if (install.status !== 0) fail('VS Code would not install the extension: see above.');
  console.log('Opening VS Code. Close its window or press Ctrl-C here to end.');
  const window = spawn('code', [...shared, '--new-window', '--wait', workspace], { stdio: 'inherit', shell });
  process.on('SIGINT', () => window.kill());
  window.on('exit', (exitCode) => process.exit(exitCode ?? 0));
}

async function openCodeServer(vsix: string): Promise<void> {
  console.log('There is no `code` on the PATH, so VS Code runs in your browser.');
  const server = await ensureCodeServer(console.log).catch((error: unknown) => fail(`code-server could not be installed: ${String(error)}. Install VS Code, or use npm start -- --headless.`));
  const log = await open(path.join(root, '.vscode-test', 'start.log'), 'w');
  const running = await startCodeServer(server, {
    userDataFolder: path.join(profile, 'server-data'), extensionsFolder: path.join(profile, 'server-extensions'),
    settings: SETTINGS, vsix, logFile: log.fd, ...portOf(args),
  });
  console.log(`\n  Drydock in VS Code:  ${running.url}?folder=${encodeURIComponent(workspace)}\n\n  It answers on this machine only. Ctrl-C ends it and everything it started.`);
  const stop = async () => {
    await running.stop();
    process.exit(0);
  };
  process.on('SIGINT', () => void stop());
  process.on('SIGTERM', () => void stop());
}

async function startHeadless(rest: readonly string[]): Promise<void> {
  await buildAll();
  const cluster = spawn(process.execPath, [path.join(root, 'dist', 'cli.js'), 'up', ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('SIGINT', () => undefined); // the cluster gets it too, and this process ends with it
  process.on('SIGTERM', () => cluster.kill('SIGTERM'));
  let output = '';
  cluster.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const line = /^(\{"ready":true.*\})\n/m.exec(output)?.[1];
    if (line === undefined) return;
    output = '';
    const { server, kubeconfig } = JSON.parse(line) as { server: string; kubeconfig: string };
    console.log(`The cluster is up at ${server}\n\n  export KUBECONFIG=${kubeconfig}\n  kubectl get nodes\n\nCtrl-C ends it.`);
  });
  cluster.on('exit', (exitCode) => process.exit(exitCode ?? 1));
}

function portOf(list: readonly string[]): { port?: number } {
  const index = list.indexOf('--port');
  if (index < 0) return {};
  const port = Number(list[index + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`--port takes a number from 0 to 65535, not ${String(list[index + 1])}`);
  return port === 0 ? {} : { port };
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
