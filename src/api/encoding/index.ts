export { duplicateFields, strictErrorsInOrder } from './duplicate-fields.ts';
export { encodedJson, rememberEncodedJson } from './json.ts';
export { decodeProtobuf, openProtobuf } from './protobuf.ts';
export { encodeProtobuf, encodeProtobufEvent, protobufSchemaOf } from './protobuf-body.ts';
