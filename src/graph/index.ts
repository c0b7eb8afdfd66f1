export * from './build-graph.ts';
export * from './graph-item.ts';
export * from './graph.ts';
export * from './layout.ts';
export * from './outline.ts';
export * from './routes.ts';
export * from './status.ts';
