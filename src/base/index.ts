export * from './assert.ts';
export * from './byte-stream.ts';
export * from './deferred.ts';
export * from './disposable.ts';
export * from './emitter.ts';
export * from './freeze.ts';
export * from './text.ts';
