export * from './columns.ts';
export * from './age.ts';
export * from './text.ts';
export * from './workload-columns.ts';
