import { decodeBase64, decodeText, encodeText } from '../../base/index.ts';
import type { ConfigMap, KubernetesObject, Secret } from '../../api/index.ts';

const bytesOf = new WeakMap<KubernetesObject, ReadonlyMap<string, Uint8Array>>();
const textsOf = new WeakMap<KubernetesObject, ReadonlyMap<string, string>>();

/** The contents of a ConfigMap or Secret by key; decoded once an object, however many pods mount it. */
export function objectBytes(kind: 'ConfigMap' | 'Secret', object: ConfigMap | Secret): ReadonlyMap<string, Uint8Array> {
  const known = bytesOf.get(object);
  if (known !== undefined) return known;
  const result = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(object.data ?? {})) result.set(key, kind === 'Secret' ? bytesOfBase64(value) : encodeText(value));
  for (const [key, value] of Object.entries('binaryData' in object ? object.binaryData ?? {} : {})) result.set(key, bytesOfBase64(value));
  bytesOf.set(object, result);
  return result;
}

/** The same as text, for environment variables. */
export function objectTexts(kind: 'ConfigMap' | 'Secret', object: ConfigMap | Secret): ReadonlyMap<string, string> {
  const known = textsOf.get(object);
  if (known !== undefined) return known;
  const result = new Map([...objectBytes(kind, object)].map(([key, bytes]) => [key, decodeText(bytes)] as const));
  textsOf.set(object, result);
  return result;
}

/** The API server takes nothing but valid base64. */
function bytesOfBase64(text: string): Uint8Array {
  return decodeBase64(text) ?? new Uint8Array(0);
}
