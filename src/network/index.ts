export * from './address.ts';
export * from './dns.ts';
export * from './ipam.ts';
export * from './network.ts';
export type { NodePortProblem } from './node-port-gateway.ts';
export * from './pod-network.ts';
export * from './proxy.ts';
export * from './rules.ts';
export * from './service-catalog.ts';
