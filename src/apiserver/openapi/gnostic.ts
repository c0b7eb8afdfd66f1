import { MessageWriter } from './message-writer.ts';
import type { OpenApiObject } from './schemas.ts';

// kubectl asks for /openapi/v2 as protobuf only. The numbers are those of gnostic's OpenAPIv2.proto.

/** The media type of encodeOpenApiV2's bytes. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const METHODS: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 };

/** An OpenAPI v2 document, as openApiV2Document makes it, in gnostic's protobuf. */
export function encodeOpenApiV2(document: OpenApiObject): Uint8Array {
  const writer = new MessageWriter().text(1, document['swagger']);
  const info = objectOf(document['info']);
  writer.message(2, (message) => message.text(1, info['title']).text(2, info['version']));
  writer.message(8, (paths) => {
    for (const [name, item] of entriesOf(document['paths'])) {
      paths.message(2, (named) => named.text(1, name).message(2, (message) => writePathItem(message, item)));
    }
  });
  writer.message(9, (definitions) => writeNamedSchemas(definitions, document['definitions']));
  return writer.finish();
}

function writePathItem(writer: MessageWriter, item: OpenApiObject): void {
  for (const [method, operation] of entriesOf(item)) {
    const number = METHODS[method];
    if (number !== undefined) writer.message(number, (message) => writeOperation(message, operation));
  }
}

function writeOperation(writer: MessageWriter, operation: OpenApiObject): void {
  writer.text(5, operation['operationId']);
  for (const type of listOf(operation['produces'])) writer.text(6, type);
  for (const type of listOf(operation['consumes'])) writer.text(7, type);
  for (const parameter of listOf(operation['parameters'])) {
    writer.message(8, (item) => item.message(1, (message) => writeParameter(message, objectOf(parameter))));
  }
  writer.message(9, (responses) => {
    for (const [code, response] of entriesOf(operation['responses'])) {
      responses.message(1, (named) => named.text(1, code).message(2, (value) => value.message(1, (message) => writeResponse(message, response))));
    }
  });
  writeExtensions(writer, 13, operation);
}

function writeParameter(writer: MessageWriter, parameter: OpenApiObject): void {
  const { name, in: place, description, type, required } = parameter;
  if (place === 'body') {
    writer.message(1, (body) => body.text(2, name).text(3, place).flag(4, required).message(5, (schema) => writeSchema(schema, objectOf(parameter['schema']))));
  } else if (place === 'path') {
    writer.message(2, (other) => other.message(4, (path) => path.flag(1, required).text(2, place).text(3, description).text(4, name).text(5, type)));
  } else {
    writer.message(2, (other) => other.message(3, (query) => query.flag(1, required).text(2, place).text(3, description).text(4, name).text(6, type)));
  }
}

function writeResponse(writer: MessageWriter, response: OpenApiObject): void {
  writer.text(1, response['description']);
  const schema = response['schema'];
  if (schema !== undefined) writer.message(2, (item) => item.message(1, (message) => writeSchema(message, objectOf(schema))));
}

function writeNamedSchemas(writer: MessageWriter, schemas: unknown): void {
  for (const [name, schema] of entriesOf(schemas)) writer.message(1, (named) => named.text(1, name).message(2, (message) => writeSchema(message, schema)));
}

function writeSchema(writer: MessageWriter, schema: OpenApiObject): void {
  writer.text(1, schema['$ref']).text(2, schema['format']).text(4, schema['description']);
  if (schema['default'] !== undefined) writer.message(5, (any) => any.text(2, JSON.stringify(schema['default'])));
  for (const name of listOf(schema['required'])) writer.text(19, name);
  for (const value of listOf(schema['enum'])) writer.message(20, (any) => any.text(2, JSON.stringify(value)));
  const { additionalProperties, type, items, properties } = schema;
  if (additionalProperties !== undefined) writer.message(21, (item) => item.message(1, (message) => writeSchema(message, objectOf(additionalProperties))));
  if (type !== undefined) writer.message(22, (item) => item.text(1, type));
  if (items !== undefined) writer.message(23, (item) => item.message(1, (message) => writeSchema(message, objectOf(items))));
  if (properties !== undefined) writer.message(25, (message) => writeNamedSchemas(message, properties));
  writeExtensions(writer, 31, schema);
}

/** Extensions carry YAML, of which JSON is a part. */
function writeExtensions(writer: MessageWriter, number: number, owner: OpenApiObject): void {
  for (const [name, value] of Object.entries(owner)) {
    if (name.startsWith('x-')) writer.message(number, (named) => named.text(1, name).message(2, (any) => any.text(2, JSON.stringify(value))));
  }
}

function objectOf(value: unknown): OpenApiObject {
  return value as OpenApiObject;
}

function entriesOf(value: unknown): readonly (readonly [string, OpenApiObject])[] {
  return Object.entries((value ?? {}) as { [key: string]: OpenApiObject });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
