import { createVSIX } from '@vscode/vsce';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.ts';
import { root } from './root.ts';

/** The largest VSIX that we ship, in bytes. */
const VSIX_BYTES_MAX = 4 * 1024 * 1024;
/** The largest extension entry, in bytes: it is read at every start of VS Code. */
const EXTENSION_BYTES_MAX = 100 * 1024;

/** Builds everything and packs drydock-<version>.vsix; resolves with its path. Throws where a size budget is broken. */
export async function packageVsix(): Promise<string> {
  await buildAll();
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const vsix = path.join(root, `drydock-${version}.vsix`);
  await createVSIX({ cwd: root, packagePath: vsix, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false, skipLicense: false });
  checkSize(vsix, VSIX_BYTES_MAX);
  checkSize(path.join(root, 'dist', 'extension.js'), EXTENSION_BYTES_MAX);
  return vsix;
}

function checkSize(file: string, bytesMax: number): void {
  const { size } = statSync(file);
  if (size > bytesMax) throw new Error(`${path.relative(root, file)} has ${size} bytes; the budget is ${bytesMax}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const vsix = await packageVsix();
  console.log(`${path.relative(root, vsix)}: ${(statSync(vsix).size / 1e6).toFixed(2)} MB`);
}
