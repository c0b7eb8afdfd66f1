import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** The preload as the build makes it, and a folder for the files of Node.js programs. dispose() removes both. */
export async function buildPreload(): Promise<{ readonly preloadPath: string; readonly rootFolder: string; dispose(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-preload-'));
  const preloadPath = join(folder, 'pod-preload.cjs');
  await build({ entryPoints: [join(import.meta.dirname, '../../src/containers/process/preload.ts')], outfile: preloadPath, bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'silent' });
  return { preloadPath, rootFolder: join(folder, 'pods'), dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
