export { type Checked, compile, type Outcome, PER_CALL_COST_LIMIT, type Program, programOf } from './compile.ts';
export type { Environment, StructType } from './environment.ts';
export type { Activation } from './evaluator/frame.ts';
export { type Authorize, type AuthorizationAnswer, type AuthorizationQuestion, authorizerValue, type RequestResource, requestResourceValue } from './functions/authorizer.ts';
export * from './types.ts';
export { fromJson } from './values/json-value.ts';
export * from './values/value.ts';
export { type DefinitionRuleOptions, validateDefinitionRules } from './schema/definition-rules.ts';
export { OBJECT_COST_BUDGET, ruleValidatorFor, type RuleValidator, type RuleVerdict } from './schema/object-rules.ts';
