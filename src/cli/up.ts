import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { parseTokenFile, readAuthenticationConfiguration } from '../apiserver/index.ts';
import { type AuditPolicy, parseAuditPolicy } from '../apiserver/index.ts';
import { messageOf } from '../base/index.ts';
import { startHost } from '../cluster/index.ts';
import { createRealWorld } from '../world/real/index.ts';
import type { UpOptions } from './options.ts';

/** What is not done by then is not waited for. */
const STOP_MS_MAX = 1800;

/** Runs a cluster until a signal ends it (exit code 0). Rejects with one line for the user where it cannot start. */
export async function runUp(options: UpOptions): Promise<void> {
  const scratchFolder = makeScratchFolder();
  process.once('exit', () => rmSync(scratchFolder, { recursive: true, force: true }));
  const folder = options.dataFolder ?? scratchFolder;
  makeFolder(folder);
  const authentication = await readAuthentication(options);
  const policy = options.auditPolicyFile === undefined ? undefined : readAuditPolicy(options.auditPolicyFile);
  const host = await startHost({
    world: createRealWorld(folder),
    persistent: options.dataFolder !== undefined,
    port: options.port,
    nodes: options.nodes,
    unknownImages: options.unknownImages,
    trusted: options.trusted,
    preloadPath: path.join(__dirname, 'pod-preload.js'),
    programsFolder: path.join(scratchFolder, 'programs'),
    log: (line) => process.stderr.write(`${line}\n`),
    authentication,
    ...(policy === undefined ? {} : { audit: { policy, file: options.auditLogFile ?? path.join(folder, 'audit', 'audit.log') } }),
  });
  const stop = async () => {
    const timer = setTimeout(() => process.exit(0), STOP_MS_MAX);
    await host.stop();
    clearTimeout(timer);
    await rm(scratchFolder, { recursive: true, force: true });
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  // The extension forks this program with a message channel: when the window is gone, so is the reason to run.
  process.once('disconnect', () => void stop());
  const kubeconfig = options.kubeconfigFile ?? path.join(folder, 'kubeconfig');
  makeFolder(path.dirname(kubeconfig));
  await writeFile(kubeconfig, host.kubeconfig, { mode: 0o600 });
  await chmod(kubeconfig, 0o600); // mode counts only for a new file
  await host.ready;
  process.stdout.write(`${JSON.stringify({ ready: true, server: host.server, kubeconfig, pid: process.pid })}\n`);
}

/** Who may log in besides. Rejects with one line for the user. */
async function readAuthentication({ tokenFile, authenticationFile }: UpOptions) {
  return {
    ...(tokenFile === undefined ? {} : { tokens: parseTokenFile(await readFile(tokenFile, 'utf8'), tokenFile) }),
    ...(authenticationFile === undefined ? {} : { authenticationConfiguration: readAuthenticationConfiguration(parse(await readFile(authenticationFile, 'utf8'))) }),
  };
}

/** Throws an Error in kube-apiserver's words. Kubernetes: audit/policy/reader.go, LoadPolicyFromFile. */
function readAuditPolicy(file: string): AuditPolicy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Error(`loading audit policy file: failed to read file path ${JSON.stringify(file)}: ${missing ? `open ${file}: no such file or directory` : messageOf(error)}`);
  }
  try {
    return parseAuditPolicy(text, (line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    throw new Error(`loading audit policy file: ${messageOf(error)}: from file ${file}`);
  }
}

/** A folder for what need not outlive this process. Those of hosts that were killed are cleared away. */
function makeScratchFolder(): string {
  for (const name of readdirSync(tmpdir())) {
    const processId = Number(/^drydock-run-(\d+)-/.exec(name)?.[1]);
    if (Number.isInteger(processId) && !isAlive(processId)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(path.join(tmpdir(), `drydock-run-${process.pid}-`));
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // somebody else's
  }
}

/** Makes a folder and those above it. Node.js's own recursive mkdir never returns where the system refuses without a reason, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
