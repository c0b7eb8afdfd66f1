import { runCached } from '../../src/cli/run-cached.ts';

/*
 * launch <program> <cache folder> …: runs a bundled sample program as the product's launcher runs a cluster, whichever side it is of.
 * A run without a cache leaves one; the benchmark throws that run away.
 */
const [program = '', cacheFolder = ''] = process.argv.splice(2, 2);
const { isCached, save } = runCached(program, cacheFolder);
if (!isCached) process.once('exit', save);
