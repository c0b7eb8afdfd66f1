export * from './access-explanation.ts';
export * from './request-trace.ts';
