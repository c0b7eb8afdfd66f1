import { existsSync } from 'node:fs';
import path from 'node:path';
import { generateSchema } from '../scripts/generate-schema.ts';
import { root } from '../scripts/root.ts';

/** A fresh clone has no src/api/generated, which nearly every test imports. Vitest calls this before the first test. */
export async function setup(): Promise<void> {
  if (!existsSync(path.join(root, 'src', 'api', 'generated', 'descriptions.ts'))) await generateSchema();
}
