import { encodeMessage, type Form, type JsonObject, type Message, strings, wrapped } from './openapi-protobuf.ts';

/**
 * The OpenAPI v2 document as the protobuf message that kubectl up to 1.28 (and `explain --output=plaintext-openapiv2`)
 * insists on. The layout is the schema openapi.v2 of gnostic's OpenAPIv2.proto, as far as Kubernetes' documents go.
 */
export function encodeOpenApiV2(document: object): Buffer {
  return encodeMessage(document as JsonObject, MESSAGES.document);
}

type MessageName =
  | 'document' | 'info' | 'apiKeySecurity' | 'pathItem' | 'operation' | 'bodyParameter' | 'headerParameter' | 'queryParameter'
  | 'pathParameter' | 'response' | 'schema';

const message = (name: MessageName): Form => ({ message: () => MESSAGES[name] });

/** ParametersItem { Parameter { BodyParameter } } or ParametersItem { Parameter { NonBodyParameter { … } } }: the place decides. */
const parameter: Form = {
  choose(value) {
    const { in: place } = value as { readonly in?: unknown };
    if (place === 'body') return wrapped(1, wrapped(1, message('bodyParameter')));
    const [number, name] = place === 'query' ? [3, 'queryParameter'] as const : place === 'path' ? [4, 'pathParameter'] as const : [1, 'headerParameter'] as const;
    return wrapped(1, wrapped(2, wrapped(number, message(name))));
  },
};

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
      parameters: [9, { each: parameter }],
    },
    extensions: 10,
  },
  operation: {
    fields: {
      tags: [1, strings], summary: [2, 'string'], description: [3, 'string'], operationId: [5, 'string'], produces: [6, strings], consumes: [7, strings],
      parameters: [8, { each: parameter }], responses: [9, { map: wrapped(1, message('response')), field: 1 }],
      schemes: [10, strings], deprecated: [11, 'boolean'],
    },
    extensions: 13,
  },
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
