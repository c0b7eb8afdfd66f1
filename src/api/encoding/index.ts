export { encodedJson, rememberEncodedJson } from './json.ts';
export { decodeProtobuf, PROTOBUF_MAGIC } from './protobuf.ts';
