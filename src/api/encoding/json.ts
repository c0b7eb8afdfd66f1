import { encodeText } from '../../base/index.ts';

const encodings = new WeakMap<object, Uint8Array>();

/**
 * The JSON bytes of a frozen object, encoded at most once for as long as the object lives: the store's log, every HTTP
 * response and every watcher share them. Nobody may change the bytes.
 */
export function encodedJson(object: object): Uint8Array {
  const known = encodings.get(object);
  if (known !== undefined) return known;
  const bytes = encodeText(JSON.stringify(object));
  encodings.set(object, bytes);
  return bytes;
}

/** Says that bytes are the JSON of object, e.g. right after it was read from disk. */
export function rememberEncodedJson(object: object, bytes: Uint8Array): void {
  encodings.set(object, bytes);
}
