export { newUnauthorizedRequest } from './forbidden.ts';
export { type Grant, RbacAuthorizer, type RbacSources } from './rbac.ts';
