// Writes OpenAPI documents as the protobuf messages of gnostic, from tables of their layouts.

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * How a JSON value stands in its message: a scalar, another message, an array of either (`each`), an object whose keys
 * are data (`map`: a message of name-value pairs), a value inside of the only field of a wrapping message (`wrapped`), or
 * one of these as the value asks for it (`choose`).
 */
export type Form =
  | 'string' | 'boolean' | 'integer' | 'double' | 'any'
  | { readonly message: () => Message }
  | { readonly each: Form }
  | { readonly map: Form; readonly field: number }
  | { readonly wrapped: Form; readonly field: number }
  | { readonly choose: (value: unknown) => Form };

export interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, form: Form]>>;
  /** Where keys that begin with x- go. */
  readonly extensions?: number;
  /** Where all other keys go, as name-value pairs. */
  readonly others?: readonly [number: number, form: Form];
}

/** A list of texts. */
export const strings: Form = { each: 'string' };

/** A value that is the only field of a message of its own. */
export function wrapped(field: number, form: Form): Form {
  return { wrapped: form, field };
}

/** The message of a JSON object; what the layout does not know is left out. */
export function encodeMessage(value: JsonObject, layout: Message): Buffer {
  const parts: Buffer[] = [];
  for (const [key, item] of Object.entries(value)) {
    const field = Object.hasOwn(layout.fields, key) ? layout.fields[key] : undefined;
    if (field !== undefined) encodeField(parts, field[0], item, field[1]);
    else if (key.startsWith('x-') && layout.extensions !== undefined) pushBytes(parts, layout.extensions, named(key, encodeAny(item)));
    else if (layout.others !== undefined) pushBytes(parts, layout.others[0], named(key, encodeBytes(item, layout.others[1])));
  }
  return Buffer.concat(parts);
}

function encodeField(parts: Buffer[], number: number, value: unknown, form: Form): void {
  if (value === undefined || value === null) return;
  if (form === 'boolean' || form === 'integer') {
    parts.push(varint(number << 3), varint(Number(value)));
  } else if (form === 'double') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(Number(value));
    parts.push(varint(number << 3 | 1), bytes);
  } else if (typeof form === 'object' && 'each' in form) {
    for (const item of value as readonly unknown[]) encodeField(parts, number, item, form.each);
  } else if (typeof form === 'object' && 'choose' in form) {
    encodeField(parts, number, value, form.choose(value));
  } else {
    pushBytes(parts, number, encodeBytes(value, form));
  }
}

/** A value that stands as length and bytes. */
function encodeBytes(value: unknown, form: Form): Buffer {
  if (form === 'string') return Buffer.from(String(value), 'utf8');
  if (form === 'any') return encodeAny(value);
  const parts: Buffer[] = [];
  if (typeof form !== 'object') throw new Error(`no bytes: ${form}`);
  if ('choose' in form) return encodeBytes(value, form.choose(value));
  if ('message' in form) return encodeMessage(value as JsonObject, form.message());
  if ('wrapped' in form) encodeField(parts, form.field, value, form.wrapped);
  else if ('map' in form) for (const [name, item] of Object.entries(value as JsonObject)) pushBytes(parts, form.field, named(name, encodeBytes(item, form.map)));
  return Buffer.concat(parts);
}

/** Any value goes as YAML, which JSON is. */
function encodeAny(value: unknown): Buffer {
  const parts: Buffer[] = [];
  pushBytes(parts, 2, Buffer.from(JSON.stringify(value), 'utf8'));
  return Buffer.concat(parts);
}

function named(name: string, value: Buffer): Buffer {
  const parts: Buffer[] = [];
  pushBytes(parts, 1, Buffer.from(name, 'utf8'));
  pushBytes(parts, 2, value);
  return Buffer.concat(parts);
}

function pushBytes(parts: Buffer[], number: number, bytes: Buffer): void {
  parts.push(varint(number << 3 | 2), varint(bytes.length), bytes);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
