import path from 'node:path';
import { runCached, userCacheFolder } from './run-cached.ts';

/** By then a cluster is up and has seen some use. */
const SAVE_AFTER_MS = 20_000;

const program = runCached(path.join(__dirname, 'drydock.js'), userCacheFolder());
if (!program.isCached) setTimeout(() => program.save(), SAVE_AFTER_MS).unref();
