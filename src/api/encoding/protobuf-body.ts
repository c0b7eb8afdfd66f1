import { encodeText } from '../../base/index.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { builtInSchema, builtInSchemaOfKind } from '../schema/structure.ts';
import { encodeMessage } from './protobuf-message.ts';
import { WireWriter } from './wire-writer.ts';

/** What every protobuf body starts with: "k8s" and a zero byte. */
export const PROTOBUF_MAGIC: readonly number[] = [0x6b, 0x38, 0x73, 0x00];

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
/** Kinds of meta/v1 that are registered in every group. */
const KINDS_OF_ALL_GROUPS = new Set(['ListOptions', 'GetOptions', 'DeleteOptions', 'CreateOptions', 'UpdateOptions', 'PatchOptions']);

/** The schema of a kind that has a protobuf form; undefined for all others, e.g. custom resources and Tables. */
export function protobufSchemaOf(apiVersion: string, kind: string): ObjectSchema | undefined {
  if (KINDS_OF_ALL_GROUPS.has(kind)) return builtInSchema(META + kind);
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  if (group === 'meta.k8s.io') return kind.startsWith('PartialObjectMetadata') ? builtInSchema(META + kind) : undefined;
  // Some documents of discovery leave their version out.
  return builtInSchemaOfKind(group, apiVersion === '' ? 'v1' : apiVersion.slice(slash + 1), kind);
}

const messages = new WeakMap<object, Uint8Array>();

/** The message of a frozen object, without its envelope, encoded at most once for as long as the object lives. Nobody may change the bytes. */
function messageOf(object: object, schema: ObjectSchema): Uint8Array {
  const known = messages.get(object);
  if (known !== undefined) return known;
  const bytes = encodeMessage(object, schema);
  if (Object.isFrozen(object)) messages.set(object, bytes);
  return bytes;
}

/** An object or list as the body of an answer; undefined where its kind has no protobuf form. */
export function encodeProtobuf(object: object): Uint8Array | undefined {
  const { apiVersion = '', kind = '' } = object as { readonly apiVersion?: string; readonly kind?: string };
  const schema = protobufSchemaOf(apiVersion, kind);
  if (schema === undefined) return undefined;
  const { items } = object as { readonly items?: unknown };
  if (!Array.isArray(items)) return envelope(apiVersion, kind, [messageOf(object, schema)]);
  const itemSchema = schema.fields.get('items')?.schema;
  const of = itemSchema?.type === 'list' && itemSchema.items.type === 'object' ? itemSchema.items : undefined;
  if (of === undefined) return envelope(apiVersion, kind, [encodeMessage(object, schema)]);
  // A list is put together from its items' own bytes; its fields besides them have lower numbers.
  const parts = [encodeMessage({ ...object, items: [] }, schema)];
  for (const item of items as readonly object[]) {
    const message = messageOf(item, of);
    parts.push(itemStart(message.length), message);
  }
  return envelope(apiVersion, kind, parts);
}

const LIST_ITEMS_NUMBER = 2;

function itemStart(length: number): Uint8Array {
  scratch.varint(length);
  scratch.tag(LIST_ITEMS_NUMBER, 2);
  return scratch.take();
}

const scratch = new WireWriter();
const ENVELOPE_END = Uint8Array.of(0x1a, 0, 0x22, 0); // contentEncoding and contentType, both empty
const starts = new Map<string, Uint8Array>();

/** `k8s\0` and a runtime.Unknown around the parts of a message. */
function envelope(apiVersion: string, kind: string, parts: readonly Uint8Array[]): Uint8Array {
  const typeMeta = typeMetaOf(apiVersion, kind);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  scratch.varint(length);
  scratch.tag(2, 2);
  return concat([typeMeta, scratch.take(), ...parts, ENVELOPE_END]);
}

/** The magic number and the type, which are the same for all objects of a kind. */
function typeMetaOf(apiVersion: string, kind: string): Uint8Array {
  const key = `${apiVersion} ${kind}`;
  let start = starts.get(key);
  if (start === undefined) {
    const before = scratch.length;
    for (const [number, text] of [[2, kind], [1, apiVersion]] as const) {
      const bytes = encodeText(text);
      scratch.bytes(bytes);
      scratch.varint(bytes.length);
      scratch.tag(number, 2);
    }
    scratch.close(1, before);
    scratch.bytes(Uint8Array.from(PROTOBUF_MAGIC));
    start = scratch.take();
    starts.set(key, start);
  }
  return start;
}

const EVENT_TYPES = new Map<string, Uint8Array>();

/**
 * A watch event as a frame: four bytes of length and a metav1.WatchEvent around the object's whole body.
 * Kubernetes: serializer/protobuf, LengthDelimitedFramer.
 */
export function encodeProtobufEvent(type: string, body: Uint8Array): Uint8Array {
  let typePart = EVENT_TYPES.get(type);
  if (typePart === undefined) {
    const before = scratch.length;
    scratch.text(type);
    scratch.close(1, before);
    EVENT_TYPES.set(type, typePart = scratch.take());
  }
  // object is a RawExtension: a message with the body as its field 1.
  scratch.varint(body.length);
  scratch.tag(1, 2);
  const raw = scratch.take();
  scratch.varint(raw.length + body.length);
  scratch.tag(2, 2);
  const head = scratch.take();
  const length = typePart.length + head.length + raw.length + body.length;
  const size = Uint8Array.of(length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  return concat([size, typePart, head, raw, body]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
