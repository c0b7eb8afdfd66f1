export * from './cluster-host.ts';
export * from './graph-panel.ts';
export * from './lesson-panel.ts';
export * from './object-ref.ts';
export * from './panel.ts';
export * from './parse.ts';
