export { aggregatedDiscovery, discoveryDocuments, groupVersions, type GroupVersionResources } from './discovery.ts';
export { openApiV2Document, openApiV3Document, openApiV3Index } from './documents.ts';
