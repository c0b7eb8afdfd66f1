// Runs scripts/<name>.ts with the Node.js that package.json pins, installing what is missing first.
// Plain JavaScript without dependencies, since it has to run on any Node.js ≥ 20 in a clone that has nothing yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [name, ...args] = process.argv.slice(2);
const windows = process.platform === 'win32';
const stamp = path.join(root, 'node_modules', '.drydock-installed');
const lockHash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockHash) {
  console.error('Installing the packages of package-lock.json (about 450 MB on disk, once) …');
  const install = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2], shell: windows });
  if (install.status !== 0) {
    console.error('npm ci failed: see above. Is the npm registry in reach?');
    process.exit(1);
  }
  writeFileSync(stamp, lockHash);
}

const pinned = path.join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');
const node = existsSync(pinned) ? pinned : process.execPath;
const child = spawn(node, ['--disable-warning=ExperimentalWarning', path.join(root, 'scripts', `${name}.ts`), ...args], { cwd: root, stdio: 'inherit' });
// Ctrl-C reaches the child by itself (same terminal); a signal sent to this process alone has to be passed on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : signal === 'SIGINT' ? 130 : 143));
