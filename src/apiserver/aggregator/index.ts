export { type AggregatedRoute, type Aggregator, createAggregator, type RunningAggregator } from './aggregator.ts';
export { withRemoteDiscovery, withRemoteGroups, withRemoteOpenApi } from './discovery.ts';
export { localApiServices } from './local-api-services.ts';
export type { RemoteGroupVersion } from './remote-api-services.ts';
export type { RemoteTarget } from './remote-caller.ts';
