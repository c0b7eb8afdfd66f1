export { CustomResources } from './custom-resources.ts';
export { withRuleChecks } from './rule-checks.ts';
