import type { World } from '../../world/index.ts';
import type { Program } from './process.ts';

/** The `node` program: a real child process of this machine, where the world has child processes. */
export function createNodeProgram(_world: World, _files: { readonly preloadPath: string; readonly rootFolder: string } | undefined): Program {
  return (process) => process.complain('node: this lab has no child processes here, so Node.js programs can not run');
}
