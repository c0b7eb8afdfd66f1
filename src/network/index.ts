export * from './pod-network.ts';
