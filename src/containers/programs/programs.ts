import type { Program } from '../process/process.ts';
import { nginx, nginxEntrypoint } from './nginx.ts';
import { pause, placeholder } from './pause.ts';

/** Every program of the lab but Node.js, by the name in its executable's mark. */
export const programs: ReadonlyMap<string, Program> = new Map<string, Program>([
  ['pause', pause],
  ['placeholder', placeholder],
  ['nginx', nginx],
  ['nginx-entrypoint', nginxEntrypoint],
]);
