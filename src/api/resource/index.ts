export { deviceClasses } from './device-class.ts';
export { resourceClaimTemplates } from './resource-claim-template.ts';
export { resourceClaims } from './resource-claim.ts';
export { resourceSlices } from './resource-slice.ts';
