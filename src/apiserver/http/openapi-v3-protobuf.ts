import { encodeMessage, type Form, type JsonObject, type Message, strings, wrapped } from './openapi-protobuf.ts';

/**
 * An OpenAPI v3 document as protobuf. The layout is the schema openapi.v3 of gnostic's OpenAPIv3.proto, as far as
 * Kubernetes' documents go.
 */
export function encodeOpenApiV3(document: object): Buffer {
  return encodeMessage(document as JsonObject, MESSAGES.document);
}

type MessageName = 'document' | 'info' | 'pathItem' | 'operation' | 'parameter' | 'requestBody' | 'mediaType' | 'responses' | 'response' | 'components' | 'schema' | 'reference' | 'securityScheme';

const message = (name: MessageName): Form => ({ message: () => MESSAGES[name] });
const pairs = (form: Form): Form => ({ map: form, field: 1 });
const schema: Form = { choose: (value) => ('$ref' in (value as object) ? wrapped(2, message('reference')) : wrapped(1, message('schema'))) };
const content = pairs(message('mediaType'));
/** An object stands for none of the three, and is left out. */
const defaultValue: Form = {
  choose: (value) => (typeof value === 'boolean' ? wrapped(2, 'boolean') : typeof value === 'number' ? wrapped(1, 'double') : typeof value === 'string' ? wrapped(3, 'string') : { message: () => ({ fields: {} }) }),
};
const ofOperation = message('operation');

const MESSAGES: Readonly<Record<MessageName, Message>> = {
  document: {
    fields: { openapi: [1, 'string'], info: [2, message('info')], paths: [4, { map: message('pathItem'), field: 1 }], components: [5, message('components')] },
    extensions: 9,
  },
  info: { fields: { title: [1, 'string'], description: [2, 'string'], version: [6, 'string'] }, extensions: 7 },
  pathItem: {
    fields: {
      get: [4, ofOperation], put: [5, ofOperation], post: [6, ofOperation], delete: [7, ofOperation], options: [8, ofOperation], head: [9, ofOperation], patch: [10, ofOperation],
      parameters: [13, { each: wrapped(1, message('parameter')) }],
    },
    extensions: 14,
  },
  operation: {
    fields: {
      tags: [1, strings], summary: [2, 'string'], description: [3, 'string'], operationId: [5, 'string'], parameters: [6, { each: wrapped(1, message('parameter')) }],
      requestBody: [7, wrapped(1, message('requestBody'))], responses: [8, message('responses')], deprecated: [10, 'boolean'],
    },
    extensions: 13,
  },
  parameter: { fields: { name: [1, 'string'], in: [2, 'string'], description: [3, 'string'], required: [4, 'boolean'], schema: [10, schema] }, extensions: 14 },
  requestBody: { fields: { description: [1, 'string'], content: [2, content], required: [3, 'boolean'] }, extensions: 4 },
  mediaType: { fields: { schema: [1, schema] }, extensions: 5 },
  responses: { fields: { default: [1, wrapped(1, message('response'))] }, others: [2, wrapped(1, message('response'))], extensions: 3 },
  response: { fields: { description: [1, 'string'], content: [3, content] }, extensions: 5 },
  components: { fields: { schemas: [1, pairs(schema)], securitySchemes: [7, pairs(wrapped(1, message('securityScheme')))] }, extensions: 10 },
  securityScheme: { fields: { type: [1, 'string'], description: [2, 'string'], name: [3, 'string'], in: [4, 'string'] }, extensions: 9 },
  reference: { fields: { $ref: [1, 'string'], summary: [2, 'string'], description: [3, 'string'] } },
  schema: {
    fields: {
      nullable: [1, 'boolean'], title: [9, 'string'], maximum: [11, 'double'], minimum: [13, 'double'], maxLength: [15, 'integer'], minLength: [16, 'integer'], pattern: [17, 'string'],
      maxItems: [18, 'integer'], minItems: [19, 'integer'], uniqueItems: [20, 'boolean'], required: [23, strings], enum: [24, { each: 'any' }], type: [25, 'string'],
      allOf: [26, { each: schema }], oneOf: [27, { each: schema }], anyOf: [28, { each: schema }], not: [29, message('schema')], items: [30, wrapped(1, schema)],
      properties: [31, pairs(schema)], additionalProperties: [32, { choose: (value) => (typeof value === 'boolean' ? wrapped(2, 'boolean') : wrapped(1, schema)) }],
      default: [33, defaultValue], description: [34, 'string'], format: [35, 'string'],
    },
    extensions: 36,
  },
};
