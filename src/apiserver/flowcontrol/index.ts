export * from './bootstrap-configuration.ts';
export { danglingCondition } from './dangling.ts';
export * from './debug-dumps.ts';
export { FlowControl, type FlowTicket } from './flow-control.ts';
export type { RequestInfo } from './match.ts';
export { MaxInFlight } from './max-in-flight.ts';
export { ObjectStatistics } from './object-statistics.ts';
