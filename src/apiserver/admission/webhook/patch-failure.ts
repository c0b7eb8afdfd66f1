import { messageOf } from '../../../base/index.ts';
import { applyJsonPatch, type JsonPatchOperation, type KubernetesObject } from '../../../api/index.ts';

/**
 * Why a JSON patch does not apply, as upstream's library says it. To clients' own patches upstream says nothing of this,
 * so that applyJsonPatch does not either; here the first operation that fails is looked for. Kubernetes: evanphx/json-patch.
 */
export function patchFailure(object: KubernetesObject, patch: readonly JsonPatchOperation[]): string {
  let current = object;
  for (const operation of patch) {
    try {
      current = applyJsonPatch(current, [operation]);
    } catch (error) {
      return typeof operation === 'object' && operation !== null ? explain(current, operation) : messageOf(error);
    }
  }
  return 'the server rejected our request due to an error in our request';
}

function explain(object: KubernetesObject, { op, path = '', from = '' }: JsonPatchOperation): string {
  const [parent, key] = parentOf(object, path);
  switch (op) {
    case 'add': case 'remove': case 'replace':
      if (parent === undefined) return `${op} operation does not apply: doc is missing path: ${op === 'replace' ? path : JSON.stringify(path)}: missing value`;
      if (op === 'replace') return `replace operation does not apply: doc is missing key: ${path}: missing value`;
      if (Array.isArray(parent)) return `error in ${op} for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`;
      return `error in ${op} for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`;
    case 'test':
      return `testing value ${path} failed: test failed`;
    case 'move': case 'copy':
      if (parentOf(object, from)[0] === undefined) return `${op} operation does not apply: doc is missing from path: ${from}: missing value`;
      if (parent === undefined) return `${op} operation does not apply: doc is missing destination path: ${path}: missing value`;
      return `error in ${op} for path: '${from}': missing value`;
    default:
      return `Unexpected kind: ${String(op)}`;
  }
}

/** The object or list that path's last part is a key of; undefined where there is none. */
function parentOf(object: unknown, path: string): readonly [object | undefined, string] {
  const keys = path.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let current: unknown = object;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return [undefined, last];
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return [typeof current === 'object' && current !== null ? current : undefined, last];
}
