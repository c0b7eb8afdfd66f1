export * from './eviction.ts';
export * from './pod-disruption-budget.ts';
export { disruptionAllowedCondition, withCurrentDisruptionAllowed, withDisruptionAllowed } from './disruption-allowed.ts';
