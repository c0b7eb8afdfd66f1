import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { constants, Script } from 'node:vm';

/** A program that runs; what it was compiled to can be kept for the next run. */
export interface CachedProgram {
  /** True where the functions of an earlier run were found, so that nothing need be kept. */
  readonly isCached: boolean;
  /** Keeps the bytecode of every function that ran so far. Blocks for some 20 ms. Never throws: it only makes the next start quicker. */
  save(): void;
}

type Module = (exports: object, require: NodeJS.Require, module: { exports: object }, filename: string, dirname: string) => void;

/**
 * Runs a bundled CommonJS program with the bytecode that an earlier run left. More than half of the time to the first
 * Ready node is the parsing and compiling of functions that run once or twice; Node.js' own compile cache only keeps
 * those which were compiled before the program ran. VS Code starts itself in the same way.
 */
export function runCached(file: string, cacheFolder: string): CachedProgram {
  const source = readFileSync(file, 'utf8');
  // V8 compares no more than the length of a source, so that the name has to carry what it was.
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 16);
  const [start, end] = [`${path.basename(file, '.js')}-`, `-${process.version}-${process.arch}.bin`];
  const cacheFile = path.join(cacheFolder, start + hash + end);
  const cachedData = readIfThere(cacheFile);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER, ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  (script.runInThisContext() as Module)(module.exports, createRequire(file), module, file, path.dirname(file));
  return {
    isCached: cachedData !== undefined && script.cachedDataRejected === false,
    save() {
      try {
        mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
        const unfinished = `${cacheFile}.${process.pid}`;
        writeFileSync(unfinished, script.createCachedData(), { mode: 0o600 });
        renameSync(unfinished, cacheFile); // another start never sees half of it
        for (const name of readdirSync(cacheFolder)) {
          const other = path.join(cacheFolder, name);
          if (name.startsWith(start) && name.endsWith(end) && other !== cacheFile) rmSync(other); // an earlier version's
        }
      } catch {
        // A folder that cannot be written to: the next start is as slow as this one.
      }
    },
  };
}

/** The user's own folder for what can be made again: code is run from it, so that nobody else may write there. */
export function userCacheFolder(): string {
  const { env } = process;
  if (process.platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? path.join(homedir(), 'AppData', 'Local'), 'drydock', 'cache');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches', 'drydock');
  return path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'drydock');
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
