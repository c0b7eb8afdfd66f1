export { type Cluster, type ClusterSpec, drydockVersion, startCluster } from './cluster.ts';
export { type ClusterHost, type HostOptions, startHost } from './host.ts';
