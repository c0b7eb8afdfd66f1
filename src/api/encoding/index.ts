export { encodedJson, rememberEncodedJson } from './json.ts';
export { decodeProtobuf } from './protobuf.ts';
