import { build, type BuildOptions } from 'esbuild';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateSchema } from './generate-schema.ts';
import { noticeOf } from './notice.ts';
import { root } from './root.ts';

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
};

const node: BuildOptions = { ...common, platform: 'node', target: 'node20', format: 'cjs' };
const browser: BuildOptions = { ...common, platform: 'browser', target: 'chrome120', format: 'iife' };

/** Everything that runs, by output file. Nothing else is in dist. */
export const bundles: readonly BuildOptions[] = [
  { ...node, entryPoints: { extension: 'src/extension/extension.ts' }, external: ['vscode', './extension-main.js'], outdir: 'dist' },
  { ...node, entryPoints: { 'extension-main': 'src/extension/main.ts' }, external: ['vscode'], outdir: 'dist' },
  { ...node, entryPoints: { 'language-server': 'src/language/server.ts' }, outdir: 'dist' },
  { ...node, entryPoints: { cli: 'src/cli/launch.ts', drydock: 'src/cli/main.ts' }, outdir: 'dist' },
  { ...node, entryPoints: { 'pod-preload': 'src/containers/process/preload.ts' }, outdir: 'dist' },
  { ...browser, entryPoints: { 'webview/graph': 'webview/graph/main.ts', 'webview/lesson': 'webview/lesson/main.ts' }, outdir: 'dist' },
];

/** Builds dist from nothing. */
export async function buildAll(): Promise<void> {
  await rm(path.join(root, 'dist'), { recursive: true, force: true });
  await mkdir(path.join(root, 'dist'), { recursive: true });
  await generateSchema();
  const results = await Promise.all(bundles.map((options) => build(options)));
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
  await writeFile(path.join(root, 'dist', 'NOTICE.txt'), noticeOf(inputs));
  // The package is an ES module, but VS Code loads extensions with require().
  await writeFile(path.join(root, 'dist', 'package.json'), '{"type":"commonjs"}\n');
  await cp(path.join(root, 'lessons'), path.join(root, 'dist', 'lessons'), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
