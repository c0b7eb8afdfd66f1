export * from './field-selector.ts';
export * from './label-selector.ts';
export { formatRequirement, type LabelOperator, type LabelRequirement, type Labels, newRequirement } from './requirement.ts';
