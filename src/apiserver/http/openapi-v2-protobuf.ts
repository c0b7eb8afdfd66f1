/**
 * The OpenAPI v2 document as the protobuf message that kubectl up to 1.28 (and `explain --output=plaintext-openapiv2`)
 * insists on. The layout is the schema openapi.v2 of gnostic's OpenAPIv2.proto, as far as Kubernetes' documents go.
 */
export function encodeOpenApiV2(document: object): Buffer {
  return encodeMessage(document as JsonObject, MESSAGES.document);
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * How a JSON value stands in its message: a scalar, another message, an array of either (`each`), an object whose keys
 * are data (`map`: a message of name-value pairs), or a value inside of the only field of a wrapping message (`wrapped`).
 */
type Form =
  | 'string' | 'boolean' | 'integer' | 'any'
  | { readonly message: () => Message }
  | { readonly each: Form }
  | { readonly map: Form; readonly field: number }
  | { readonly wrapped: Form; readonly field: number };

interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, form: Form]>>;
  /** Where keys that begin with x- go. */
  readonly extensions?: number;
}

type MessageName =
  | 'document' | 'info' | 'apiKeySecurity' | 'pathItem' | 'operation' | 'parameter' | 'bodyParameter' | 'headerParameter' | 'queryParameter'
  | 'pathParameter' | 'response' | 'schema';

const strings: Form = { each: 'string' };
const wrapped = (field: number, form: Form): Form => ({ wrapped: form, field });
const message = (name: MessageName): Form => ({ message: () => MESSAGES[name] });

const subSchema = (shift: 0 | 1): Message => ({
  fields: {
    required: [1, 'boolean'], in: [2, 'string'], description: [3, 'string'], name: [4, 'string'],
    type: [5 + shift, 'string'], format: [6 + shift, 'string'], uniqueItems: [19 + shift, 'boolean'],
  },
  extensions: 22 + shift,
});

const MESSAGES: Readonly<Record<MessageName, Message>> = {
  document: {
    fields: {
      swagger: [1, 'string'], info: [2, message('info')], consumes: [6, strings], produces: [7, strings],
      paths: [8, { map: message('pathItem'), field: 2 }], definitions: [9, { map: message('schema'), field: 1 }],
      security: [12, { each: { map: wrapped(1, strings), field: 1 } }],
      securityDefinitions: [13, { map: wrapped(2, message('apiKeySecurity')), field: 1 }],
    },
    extensions: 16,
  },
  info: { fields: { title: [1, 'string'], version: [2, 'string'], description: [3, 'string'] }, extensions: 7 },
  apiKeySecurity: { fields: { type: [1, 'string'], name: [2, 'string'], in: [3, 'string'], description: [4, 'string'] }, extensions: 5 },
  pathItem: {
    fields: {
      get: [2, message('operation')], put: [3, message('operation')], post: [4, message('operation')], delete: [5, message('operation')],
      options: [6, message('operation')], head: [7, message('operation')], patch: [8, message('operation')],
      parameters: [9, { each: message('parameter') }],
    },
    extensions: 10,
  },
  operation: {
    fields: {
      tags: [1, strings], summary: [2, 'string'], description: [3, 'string'], operationId: [5, 'string'], produces: [6, strings], consumes: [7, strings],
      parameters: [8, { each: message('parameter') }], responses: [9, { map: wrapped(1, message('response')), field: 1 }],
      schemes: [10, strings], deprecated: [11, 'boolean'],
    },
    extensions: 13,
  },
  /** Encoded by encodeParameter: the place decides the message. */
  parameter: { fields: {} },
  bodyParameter: {
    fields: { description: [1, 'string'], name: [2, 'string'], in: [3, 'string'], required: [4, 'boolean'], schema: [5, message('schema')] },
    extensions: 6,
  },
  headerParameter: subSchema(0),
  queryParameter: subSchema(1),
  pathParameter: subSchema(0),
  response: { fields: { description: [1, 'string'], schema: [2, wrapped(1, message('schema'))] }, extensions: 5 },
  schema: {
    fields: {
      $ref: [1, 'string'], format: [2, 'string'], title: [3, 'string'], description: [4, 'string'], default: [5, 'any'], maxLength: [11, 'integer'],
      minLength: [12, 'integer'], pattern: [13, 'string'], maxItems: [14, 'integer'], minItems: [15, 'integer'], uniqueItems: [16, 'boolean'],
      required: [19, strings], enum: [20, { each: 'any' }], additionalProperties: [21, wrapped(1, message('schema'))],
      type: [22, wrapped(1, 'string')], items: [23, wrapped(1, message('schema'))], allOf: [24, { each: message('schema') }],
      properties: [25, { map: message('schema'), field: 1 }], readOnly: [27, 'boolean'],
    },
    extensions: 31,
  },
};

function encodeMessage(value: JsonObject, layout: Message): Buffer {
  if (layout === MESSAGES.parameter) return encodeParameter(value);
  const parts: Buffer[] = [];
  for (const [key, item] of Object.entries(value)) {
    const field = Object.hasOwn(layout.fields, key) ? layout.fields[key] : undefined;
    if (field !== undefined) encodeField(parts, field[0], item, field[1]);
    else if (key.startsWith('x-') && layout.extensions !== undefined) pushBytes(parts, layout.extensions, named(key, encodeAny(item)));
  }
  return Buffer.concat(parts);
}

function encodeField(parts: Buffer[], number: number, value: unknown, form: Form): void {
  if (value === undefined || value === null) return;
  if (form === 'boolean' || form === 'integer') {
    parts.push(varint(number << 3), varint(Number(value)));
  } else if (typeof form === 'object' && 'each' in form) {
    for (const item of value as readonly unknown[]) encodeField(parts, number, item, form.each);
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
  if ('message' in form) return encodeMessage(value as JsonObject, form.message());
  if ('wrapped' in form) encodeField(parts, form.field, value, form.wrapped);
  else if ('map' in form) for (const [name, item] of Object.entries(value as JsonObject)) pushBytes(parts, form.field, named(name, encodeBytes(item, form.map)));
  return Buffer.concat(parts);
}

/** ParametersItem { Parameter { BodyParameter } } or ParametersItem { Parameter { NonBodyParameter { … } } }. */
function encodeParameter(value: JsonObject): Buffer {
  switch (value['in']) {
    case 'body':
      return wrap(1, wrap(1, encodeMessage(value, MESSAGES.bodyParameter)));
    case 'query':
      return wrap(1, wrap(2, wrap(3, encodeMessage(value, MESSAGES.queryParameter))));
    case 'path':
      return wrap(1, wrap(2, wrap(4, encodeMessage(value, MESSAGES.pathParameter))));
    default:
      return wrap(1, wrap(2, wrap(1, encodeMessage(value, MESSAGES.headerParameter))));
  }
}

/** Any value goes as YAML, which JSON is. */
function encodeAny(value: unknown): Buffer {
  return wrap(2, Buffer.from(JSON.stringify(value), 'utf8'));
}

function named(name: string, value: Buffer): Buffer {
  const parts: Buffer[] = [];
  pushBytes(parts, 1, Buffer.from(name, 'utf8'));
  pushBytes(parts, 2, value);
  return Buffer.concat(parts);
}

function wrap(number: number, bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  pushBytes(parts, number, bytes);
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
