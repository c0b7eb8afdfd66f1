import {
  compileSelector, type LabelRequirement, type Pod, replicaSets, replicationControllers, type Selector, selectorOf, selectorOfMap, services,
} from '../api/index.ts';
import type { InformerFactory } from '../client/index.ts';
import { statefulSets } from './refs.ts';

/** The pods that belong with a pod: those of all Services that select it and of its workload. Kubernetes: scheduler/plugins/helper, DefaultSelector. */
export function createDefaultSelector(informers: InformerFactory): (pod: Pod) => Selector | undefined {
  const serviceLister = informers.informer(services).lister;
  const replicaSetLister = informers.informer(replicaSets).lister;
  const replicationControllerLister = informers.informer(replicationControllers).lister;
  const statefulSetLister = informers.informer(statefulSets).lister;

  const ownerSelector = (pod: Pod): Selector | undefined => {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const { namespace } = pod.metadata;
    if (owner?.kind === 'ReplicaSet') return selectorIfThere(replicaSetLister.get(namespace, owner.name)?.spec.selector);
    if (owner?.kind === 'StatefulSet') return selectorIfThere(statefulSetLister.get(namespace, owner.name)?.spec.selector);
    if (owner?.kind !== 'ReplicationController') return undefined;
    const map = replicationControllerLister.get(namespace, owner.name)?.spec.selector;
    return map === undefined ? undefined : selectorOfMap(map);
  };
  return (pod) => {
    const own = ownerSelector(pod);
    let requirements: LabelRequirement[] | undefined;
    for (const service of serviceLister.listNamespace(pod.metadata.namespace ?? '')) {
      const map = service.spec.selector;
      if (map === undefined) continue;
      const selector = selectorOfMap(map);
      if (!selector.empty && selector.matches(pod.metadata.labels)) (requirements ??= []).push(...selector.requirements);
    }
    if (requirements === undefined) return own?.empty === true ? undefined : own;
    return compileSelector([...requirements, ...(own?.requirements ?? [])]);
  };
}

const selectorIfThere = (selector: Parameters<typeof selectorOf>[0]) => (selector === undefined ? undefined : selectorOf(selector));
