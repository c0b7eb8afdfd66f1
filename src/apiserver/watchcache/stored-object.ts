import { decodeText, deepFreeze } from '../../base/index.ts';
import { encodedJson, type KubernetesObject, rememberEncodedJson } from '../../api/index.ts';
import type { KeyValue, StoredValue } from '../../etcd/index.ts';

/** A frozen object as the store keeps it: by reference, and encoded at most once for the log, every response and every watch. */
export function toStoredValue(object: KubernetesObject): StoredValue {
  return { object, bytes: () => encodedJson(object) };
}

/** Bytes read at recovery as a stored value; they are parsed when the object is first asked for. */
export function reviveStoredValue(bytes: Uint8Array): StoredValue {
  let object: KubernetesObject | undefined;
  return {
    get object() {
      object ??= parseObject(bytes);
      return object;
    },
    bytes: () => bytes,
  };
}

/** The frozen object of a stored pair. metadata.resourceVersion is set where bytes were written without one. */
export function objectOf(keyValue: KeyValue): KubernetesObject {
  const known = keyValue.value.object as KubernetesObject | undefined;
  return known ?? parseObject(keyValue.value.bytes());
}

function parseObject(bytes: Uint8Array): KubernetesObject {
  const object = deepFreeze(JSON.parse(decodeText(bytes)) as KubernetesObject);
  rememberEncodedJson(object, bytes);
  return object;
}
