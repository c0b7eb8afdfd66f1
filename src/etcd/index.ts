export { openMemoryStore } from './memory-store.ts';
export * from './store.ts';
