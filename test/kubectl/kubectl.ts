import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/** The versions that may stand side by side. */
const VERSIONS = ['1.27', '1.28', '1.29', '1.30', '1.31', '1.32', '1.33'] as const;

export interface Kubectl {
  /** e.g. 1.33 */
  readonly version: string;
  readonly path: string;
}

/** The kubectl binaries of this machine, newest first. Several may stand side by side as kubectl.1.33. */
export function findKubectls(): readonly Kubectl[] {
  const which = spawnSync('which', ['kubectl'], { encoding: 'utf8' }).stdout.trim();
  if (which === '') return [];
  const folder = path.dirname(realpathSync(which));
  const found = VERSIONS.map((version) => ({ version, path: path.join(folder, `kubectl.${version}`) })).filter((item) => existsSync(item.path));
  if (found.length > 0) return found.reverse();
  const version = /"minor": "(\d+)/.exec(spawnSync(which, ['version', '--client', '-o', 'json'], { encoding: 'utf8' }).stdout)?.[1];
  return version === undefined ? [] : [{ version: `1.${version}`, path: which }];
}

/** An environment in which `kubectl` is that binary, talks to that cluster and touches nothing of the user's. */
export function kubectlEnvironment(kubectl: Kubectl, folder: string, kubeconfig: string): NodeJS.ProcessEnv {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  if (!existsSync(path.join(bin, 'kubectl'))) symlinkSync(kubectl.path, path.join(bin, 'kubectl'));
  return {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder, KUBECONFIG: kubeconfig, KUBECACHEDIR: path.join(folder, 'cache'),
    LANG: 'C.UTF-8', TZ: 'UTC',
  };
}
