export * from './definition.ts';
export * from './field-error.ts';
export * from './meta.ts';
export type * from './types.ts';
