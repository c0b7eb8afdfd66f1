export { missingRules, newEscalationError } from './escalation.ts';
export { type AccessExplanation, explainAccess, type ExplainedGrant, type ExplanationSources } from './explain.ts';
export { newUnauthorizedRequest } from './forbidden.ts';
export { NodeAuthorizer } from './node.ts';
export { type Grant, RbacAuthorizer, type RbacSources } from './rbac.ts';
export { mayUseSigner } from './signers.ts';
