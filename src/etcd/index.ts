export { type DiskStoreOptions, openDiskStore } from './disk-store.ts';
export { openMemoryStore } from './memory-store.ts';
export * from './store.ts';
