import type { KubernetesObject } from '../../api/index.ts';
import type { PatchType } from '../../client/index.ts';
import { newBadRequest } from '../errors.ts';
import type { Call } from './call.ts';

/** The object with a patch applied, as a new object that shares what did not change. */
export function patched(_call: Call, _current: KubernetesObject, patchType: PatchType, _patch: unknown): KubernetesObject {
  throw newBadRequest(`unsupported patch type ${patchType}`);
}
