import type { Binding, KubernetesObject, Pod } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionPlugin } from '../chain.ts';

const TOPOLOGY_LABELS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'] as const;

/** Pods get the zone and region of their node as labels, when they are bound to it or come with it. Kubernetes: plugin/pkg/admission/podtopologylabels. */
export function podTopologyLabels(nodes: ResourceCache): AdmissionPlugin {
  const labelsOf = (nodeName: string | undefined): Readonly<Record<string, string>> | undefined => {
    const labels = nodeName === undefined || nodeName === '' ? undefined : nodes.objects.get('', nodeName)?.object.metadata.labels;
    if (labels === undefined) return undefined;
    let found: Record<string, string> | undefined;
    for (const key of TOPOLOGY_LABELS) {
      const value = labels[key];
      if (value !== undefined) (found ??= {})[key] = value;
    }
    return found;
  };
  return {
    name: 'PodTopologyLabels',
    handles: (definition, operation, subresource) =>
      definition.resource === 'pods' && definition.group === '' && operation === 'CREATE' && (subresource === undefined || subresource === 'binding'),
    admit({ subresource }, object) {
      const { target } = object as unknown as Binding;
      const nodeName = subresource === undefined ? (object as Pod).spec.nodeName : target.kind === 'Node' ? target.name : undefined;
      const labels = labelsOf(nodeName);
      return labels === undefined ? object : { ...object, metadata: { ...object.metadata, labels: { ...object.metadata?.labels, ...labels } } } as KubernetesObject;
    },
  };
}
