import type { Labels, Pod, Selector } from '../../api/index.ts';
import { imageLocality } from '../plugins/image-locality/image-locality.ts';
import { createInterPodAffinity } from '../plugins/inter-pod-affinity/inter-pod-affinity.ts';
import { nodeAffinity } from '../plugins/node-affinity/node-affinity.ts';
import { nodeName } from '../plugins/node-name/node-name.ts';
import { nodePorts } from '../plugins/node-ports/node-ports.ts';
import { nodeResourcesBalancedAllocation } from '../plugins/node-resources-balanced-allocation/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from '../plugins/node-resources-fit/node-resources-fit.ts';
import { nodeUnschedulable } from '../plugins/node-unschedulable/node-unschedulable.ts';
import { createPodTopologySpread } from '../plugins/pod-topology-spread/pod-topology-spread.ts';
import { taintToleration } from '../plugins/taint-toleration/taint-toleration.ts';
import type { WeightedPlugin } from './interface.ts';

/** What plugins read besides nodes and pods. */
export interface ProfileSources {
  /** The pods that belong with a pod: of the same Services and workload; undefined where there are none. */
  readonly defaultSelector: (pod: Pod) => Selector | undefined;
  readonly namespaceLabels: (namespace: string) => Labels;
}

/** The plugins of default-scheduler in the order in which they filter, and their weights. Kubernetes: apis/config/v1, getDefaultPlugins. */
export function defaultProfile(sources: ProfileSources): readonly WeightedPlugin[] {
  return [
    { plugin: nodeUnschedulable, weight: 0 },
    { plugin: nodeName, weight: 0 },
    { plugin: taintToleration, weight: 3 },
    { plugin: nodeAffinity, weight: 2 },
    { plugin: nodePorts, weight: 0 },
    { plugin: nodeResourcesFit, weight: 1 },
    { plugin: createPodTopologySpread(sources.defaultSelector), weight: 2 },
    { plugin: createInterPodAffinity(sources.namespaceLabels), weight: 2 },
    { plugin: nodeResourcesBalancedAllocation, weight: 1 },
    { plugin: imageLocality, weight: 1 },
  ];
}
