/** Where a group stands among the groups, and a version among the versions of its group. */
export interface ApiServicePriority {
  readonly group: number;
  readonly version: number;
}

/** Kubernetes: cmd/kube-apiserver/app, apiVersionPriorities. */
const GROUP_PRIORITIES: Readonly<Record<string, number>> = {
  '': 18_000, apps: 17_800, 'events.k8s.io': 17_750, 'authentication.k8s.io': 17_700, 'authorization.k8s.io': 17_600, autoscaling: 17_500, batch: 17_400,
  'certificates.k8s.io': 17_300, 'networking.k8s.io': 17_200, policy: 17_100, 'rbac.authorization.k8s.io': 17_000, 'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700, 'admissionregistration.k8s.io': 16_700, 'scheduling.k8s.io': 16_600, 'coordination.k8s.io': 16_500, 'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200, 'resource.k8s.io': 16_200, 'flowcontrol.apiserver.k8s.io': 16_100,
};

/** Versions that do not stand where most do. */
const VERSION_PRIORITIES: Readonly<Record<string, number>> = {
  '/v1': 1, 'autoscaling/v2': 30, 'resource.k8s.io/v1': 21, 'flowcontrol.apiserver.k8s.io/v1': 21,
};

const VERSION_PRIORITY = 15;
/** Of groups that came with CustomResourceDefinitions. Kubernetes: crdregistration, handleVersionUpdate. */
const CUSTOM_PRIORITY: ApiServicePriority = { group: 1000, version: 100 };

/** The priority of a group version that this server serves itself. */
export function priorityOf(group: string, version: string): ApiServicePriority {
  const ofGroup = Object.hasOwn(GROUP_PRIORITIES, group) ? GROUP_PRIORITIES[group] : undefined;
  if (ofGroup === undefined) return CUSTOM_PRIORITY;
  const key = `${group}/${version}`;
  return { group: ofGroup, version: (Object.hasOwn(VERSION_PRIORITIES, key) ? VERSION_PRIORITIES[key] : undefined) ?? VERSION_PRIORITY };
}
