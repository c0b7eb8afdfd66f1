import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './root.ts';

/** Drydock's schema and its prose are made from Kubernetes' API, partly by way of this package. */
const GENERATED = { from: 'src/api/generated/', package: 'node_modules/@kubernetes/client-node' };

const HEADING = `Drydock contains parts of the programs below, under their licences.

It follows the API and the messages of Kubernetes (https://kubernetes.io), Copyright The Kubernetes Authors, under the Apache License 2.0, whose text is in LICENSE.
`;

/** The licences of the packages that files of a bundle come from, as one text. inputs: paths of esbuild's metafiles. */
export function noticeOf(inputs: Iterable<string>): string {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = input.startsWith(GENERATED.from) ? GENERATED.package : packageFolder(input);
    if (folder !== undefined) folders.add(folder);
  }
  return [HEADING, ...[...folders].sort().map(section)].join(`\n${'-'.repeat(80)}\n\n`);
}

/** node_modules/a/node_modules/@b/c/d.js → node_modules/a/node_modules/@b/c */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

function section(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as { name: string; version: string; license?: string };
  const files = readdirSync(path.join(root, folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  if (files.length === 0 && license === undefined) throw new Error(`${folder} says nothing of its licence`);
  const texts = files.map((file) => readFileSync(path.join(root, folder, file), 'utf8').trim());
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n').concat('\n');
}
