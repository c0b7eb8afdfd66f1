export { type Decoded, DecodeError, decodeStrict, DEPTH_MAX } from './decode.ts';
export * from './decode-body.ts';
export { type Descriptions, loadDescriptions } from './descriptions.ts';
export { type OpenApiSchema, schemaFromOpenApi } from './open-api.ts';
export * from './registry.ts';
export * from './schema.ts';
