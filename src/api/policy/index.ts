export * from './eviction.ts';
