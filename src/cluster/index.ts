export { type Cluster, type ClusterSpec, startCluster } from './cluster.ts';
export { type ClusterHost, type HostOptions, startHost } from './host.ts';
