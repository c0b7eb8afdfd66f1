import { type KubernetesObject, type Node, TAINT_NOT_READY } from '../../../api/index.ts';
import type { AdmissionPlugin } from '../chain.ts';

/** A new node is not ready until somebody says so. Kubernetes: plugin/pkg/admission/nodetaint. */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: (definition, operation, subresource) =>
      definition.resource === 'nodes' && definition.group === '' && operation === 'CREATE' && subresource === undefined,
    admit(_attributes, object) {
      const node = object as Node;
      const taints = node.spec?.taints ?? [];
      if (taints.some(({ key, effect }) => key === TAINT_NOT_READY && effect === 'NoSchedule')) return node;
      return { ...node, spec: { ...node.spec, taints: [...taints, { key: TAINT_NOT_READY, effect: 'NoSchedule' }] } } as KubernetesObject;
    },
  };
}
