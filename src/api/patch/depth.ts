import { newStatusError } from '../meta.ts';
import { DEPTH_MAX } from '../schema/decode.ts';
import { exceedsDepth } from './json.ts';

/** Throws 400 where a patch, or what it made, nests too deep for what walks it recursively. */
export function checkPatchDepth(patch: unknown): void {
  if (exceedsDepth(patch, DEPTH_MAX)) throw newStatusError(400, 'BadRequest', 'error decoding patch: exceeded max depth');
}
