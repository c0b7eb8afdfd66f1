/** The resources that the controllers work on. */
export {
  configMaps, deployments, endpoints, endpointSlices, leases, namespaces, nodes, pods, replicaSets, replicationControllers, serviceAccounts, services,
} from '../api/index.ts';
