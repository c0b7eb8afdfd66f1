export * from './request-trace.ts';
