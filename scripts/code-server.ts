import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { root } from './root.ts';

/** A real VS Code (workbench, extension host, webviews) for machines without a desktop one. It embeds VS Code 1.139. */
const VERSION = '4.139.1';
const DOWNLOAD_MB = 190;
const DISK_MB = 805;

export interface CodeServer {
  readonly node: string;
  readonly entry: string;
}

/** The installed code-server; installs it from the npm registry into a git-ignored cache the first time. Throws where that fails. */
export async function ensureCodeServer(log: (line: string) => void): Promise<CodeServer> {
  const cache = path.join(root, '.vscode-test');
  const folder = path.join(cache, `code-server-${VERSION}`);
  const node = path.join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const entry = path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  if (existsSync(entry)) return { node, entry };
  log(`Downloading code-server ${VERSION} from the npm registry: about ${DOWNLOAD_MB} MB, ${DISK_MB} MB on disk, once …`);
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(path.join(cache, 'install-'));
  const npm = (cwd: string, ...args: string[]) => {
    const result = spawnSync('npm', [...args, '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'], { cwd, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    if (result.status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${cwd}`);
  };
  try {
    await writeFile(path.join(temporary, 'package.json'), '{"private":true}\n');
    npm(temporary, 'install', `code-server@${VERSION}`);
    const vscode = path.join(temporary, 'node_modules', 'code-server', 'lib', 'vscode');
    npm(vscode, 'install', '--omit=dev');
    npm(path.join(vscode, 'extensions'), 'install', '--omit=dev');
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { node, entry };
}

export interface RunningCodeServer {
  readonly url: string;
  readonly host: string;
  stop(): Promise<void>;
}

export interface CodeServerOptions {
  readonly userDataFolder: string;
  readonly extensionsFolder: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly vsix?: string;
  readonly port?: number;
  readonly logFile: number | 'ignore';
  readonly extraArgs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts code-server on 127.0.0.1 and resolves when it answers. */
export async function startCodeServer(server: CodeServer, options: CodeServerOptions): Promise<RunningCodeServer> {
  await mkdir(path.join(options.userDataFolder, 'User'), { recursive: true });
  await mkdir(options.extensionsFolder, { recursive: true });
  const settingsFile = path.join(options.userDataFolder, 'User', 'settings.json');
  if (!existsSync(settingsFile)) await writeFile(settingsFile, JSON.stringify(options.settings, null, 2));
  const config = path.join(options.userDataFolder, 'config.yaml');
  await writeFile(config, 'auth: none\n');
  const port = options.port ?? (await freePort());
  const host = `127.0.0.1:${port}`;
  const folders = ['--config', config, '--user-data-dir', options.userDataFolder, '--extensions-dir', options.extensionsFolder];
  const environment = { ...process.env, XDG_DATA_HOME: path.join(options.userDataFolder, 'xdg'), ...options.environment };
  if (options.vsix !== undefined) {
    const install = spawnSync(server.node, [server.entry, ...folders, '--install-extension', options.vsix, '--force'], { env: environment, encoding: 'utf8' });
    if (install.status !== 0) throw new Error(`could not install ${options.vsix}: ${install.stdout}${install.stderr}`);
  }
  const child = spawn(server.node, [
    server.entry, ...folders, '--auth', 'none', '--bind-addr', host, '--disable-telemetry', '--disable-update-check',
    '--disable-getting-started-override', '--ignore-last-opened', ...(options.extraArgs ?? []),
  ], { stdio: ['ignore', options.logFile, options.logFile], detached: true, env: environment });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    killGroup(child.pid, 'SIGTERM');
    const timer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), 3000);
    await exited;
    clearTimeout(timer);
    killGroup(child.pid, 'SIGKILL'); // extension hosts that outlived their server
  };
  const deadline = Date.now() + 30_000;
  while (!(await answers(`http://${host}/healthz`))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      await stop();
      throw new Error('code-server did not start');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url: `http://${host}/`, host, stop };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    http.get(url, (response) => {
      response.resume();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
