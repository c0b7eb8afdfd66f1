export { bootstrap, type BootstrapOptions } from './bootstrap.ts';
export type { AdvertisedAddress } from './objects.ts';
export { NODE_RULES } from './rbac/cluster-roles.ts';
