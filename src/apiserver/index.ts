export { type ApiServerOptions, createApiServer } from './create-api-server.ts';
export * from './server.ts';
export { reviveStoredValue } from './watchcache/index.ts';
