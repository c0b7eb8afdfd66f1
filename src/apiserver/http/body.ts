import { parse as parseYaml, parseDocument, YAMLError } from 'yaml';
import { messageOf } from '../../base/index.ts';
import { duplicateFields, newStatusError, openProtobuf, type StatusError } from '../../api/index.ts';
import type { PatchType } from '../../client/index.ts';
import { newBadRequest } from '../errors.ts';
import { mediaType } from './accept.ts';
import { describeJsonError } from './json-error.ts';

/** No object of Kubernetes nests deeper than a few dozen levels; recursion over a body must not end the stack. */
const DEPTH_MAX = 1000;

const PATCH_TYPES: readonly PatchType[] = [
  'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml',
];

const OBJECT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** The object in a request's body. 415 for a content type that is not known, 400 for what does not parse. */
export function decodeObject(bytes: Uint8Array, contentType: string | undefined, kind: string): unknown {
  const type = mediaType(contentType);
  switch (type) {
    case '': case 'application/json':
      return decodeJson(bytes, kind);
    case 'application/yaml':
      return decodeYaml(bytes, kind);
    case 'application/vnd.kubernetes.protobuf':
      return readProtobuf(bytes, kind);
    default:
      throw unsupportedMediaType(OBJECT_TYPES);
  }
}

/** The patch in a request's body. */
export function decodePatch(bytes: Uint8Array, contentType: string | undefined, accepted: readonly PatchType[] = PATCH_TYPES): { patchType: PatchType; body: unknown } {
  const type = mediaType(contentType);
  const patchType = accepted.find((item) => item === type);
  if (patchType === undefined && accepted !== PATCH_TYPES) throw unsupportedMediaType(accepted);
  // Upstream's router looks at it first, but at what it serves by itself.
  if (patchType === undefined) throw newStatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (patchType === 'application/apply-patch+yaml') {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
    // kubectl sends JSON, which is YAML too and parses a hundred times faster as what it is.
    try {
      return { patchType, body: text.trimStart().startsWith('{') ? parseJson(bytes, text) : parseYamlText(bytes, text) };
    } catch (error) {
      throw newBadRequest(`error decoding YAML: ${messageOf(error)}`);
    }
  }
  try {
    return { patchType, body: parseJson(bytes, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) };
  } catch (error) {
    throw newBadRequest(`error decoding patch: ${messageOf(error)}`);
  }
}

function readProtobuf(bytes: Uint8Array, kind: string): unknown {
  let envelope: ReturnType<typeof openProtobuf>;
  try {
    envelope = openProtobuf(bytes);
  } catch (error) {
    // Options are decoded without the words around.
    throw newBadRequest(kind === 'DeleteOptions' ? messageOf(error) : `the object provided is unrecognized (must be of type ${kind}): ${messageOf(error)} (${summarize(bytes)})`);
  }
  try {
    return envelope.decode();
  } catch (error) {
    const { apiVersion, kind: given } = envelope;
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    throw newBadRequest(`${given} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${messageOf(error)}`);
  }
}

function decodeJson(bytes: Uint8Array, kind: string): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  let value: unknown;
  try {
    value = parseJson(bytes, text);
  } catch (error) {
    throw newBadRequest(`the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${messageOf(error)} (${summarize(bytes)})`);
  }
  return assertObject(value, kind, bytes);
}

function decodeYaml(bytes: Uint8Array, kind: string): unknown {
  let value: unknown;
  try {
    value = parseYamlText(bytes, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (error) {
    throw newBadRequest(`the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ${messageOf(error)} (${summarize(bytes)})`);
  }
  return assertObject(value, kind, bytes);
}

/** An API object is a JSON object. */
function assertObject(value: unknown, kind: string, bytes: Uint8Array): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  const found = value === null ? undefined : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  if (found === undefined) {
    // Go reads null into the empty struct, which has neither version nor kind.
    return {};
  }
  throw newBadRequest(`the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${summarize(bytes)})`);
}

function parseJson(bytes: Uint8Array, text: string): unknown {
  checkDepth(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(describeJsonError(text));
  }
  checkKeys(text, value);
  return value;
}

function parseYamlText(bytes: Uint8Array, text: string): unknown {
  checkDepth(bytes);
  try {
    // Of a key that stands twice the last counts, as in JSON; duplicatesIn tells of it.
    const value: unknown = parseYaml(text, { maxAliasCount: 100, merge: true, logLevel: 'silent', uniqueKeys: false });
    checkKeys(text, value);
    return value;
  } catch (error) {
    if (error instanceof YAMLError) throw new Error(`yaml: ${error.message.split('\n')[0] ?? 'cannot be parsed'}`);
    if (error instanceof RangeError) throw new Error('yaml: exceeded max depth');
    throw error;
  }
}

/** What a body that has been decoded says twice, in upstream's words: duplicate field "spec.replicas". */
export function duplicatesIn(bytes: Uint8Array, contentType: string | undefined): readonly string[] {
  const type = mediaType(contentType);
  if (type === 'application/vnd.kubernetes.protobuf') return [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (type.endsWith('yaml') && !text.trimStart().startsWith('{')) {
    return parseDocument(text, { merge: true, logLevel: 'silent', uniqueKeys: true, prettyErrors: false }).errors
      .filter(({ code }) => code === 'DUPLICATE_KEY')
      .map(({ pos: [start] }) => {
        const line = text.slice(0, start).split('\n').length;
        return `line ${line}: key ${JSON.stringify(/^['"]?([^'":\n]*)/.exec(text.slice(start))?.[1]?.trim() ?? '')} already set in map`;
      });
  }
  const prefix = type === 'application/json-patch+json' ? 'json patch ' : '';
  return duplicateFields(text).map((path) => `${prefix}duplicate field ${JSON.stringify(path)}`);
}

/** The one key that means something else to a JavaScript object. No field, label or file of Kubernetes needs it. */
function checkKeys(text: string, value: unknown): void {
  if (!text.includes('__proto__') && !/\\u005f/i.test(text) && !/\\x5f/i.test(text)) return;
  if (hasProtoKey(value)) throw new Error('the key "__proto__" is not supported');
}

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  return Object.values(value).some(hasProtoKey);
}

/** Counts brackets outside of strings. A text that is shorter than the limit can't nest deeper. */
function checkDepth(bytes: Uint8Array): void {
  if (bytes.length < DEPTH_MAX) return;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > DEPTH_MAX) throw new Error('exceeded max depth');
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    }
  }
}

/** The start of a body, for an error's text. Kubernetes: handlers, summarizeData. */
function summarize(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const start = Buffer.from(bytes.subarray(0, 30));
  const text = bytes[0] === 0x7b ? start.toString('utf8') : start.toString('hex');
  return bytes.length > 30 ? `${text} ...` : text;
}

function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return newStatusError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);
}
