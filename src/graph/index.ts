export type { KubernetesObject } from '../api/index.ts';
export * from './build-graph.ts';
export * from './graph.ts';
export * from './layout.ts';
export * from './outline.ts';
export * from './status.ts';
