import { compareQuantities, type Node, newStatusError, parseQuantity, type Pod, podRequests, quantityMilliValue, quantityValue, formatQuantity, type StatusError } from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';

const OS_LABEL = 'kubernetes.io/os';

/** A running pod may grow only as far as its node could ever hold it. Kubernetes: plugin/pkg/admission/podresize. */
export function podResize(nodes: ResourceCache): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    handles: (definition, operation, subresource) =>
      definition.resource === 'pods' && definition.group === '' && operation === 'UPDATE' && subresource === 'resize',
    validate(attributes, object, old) {
      const pod = object as Pod;
      const { nodeName = '' } = pod.spec;
      if (nodeName === '' || pod.metadata.generation === old?.metadata.generation) return;
      const node = nodes.objects.get('', nodeName)?.object as Node | undefined;
      if (node === undefined) throw newForbidden(attributes.definition, attributes.name, `node ${JSON.stringify(nodeName)} not found`);
      const os = node.metadata.labels?.[OS_LABEL] ?? 'linux';
      if (os !== 'linux') throw refusal(attributes, `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(os)}`, 'UnsupportedPlatform');
      const excess = [excessOf('cpu', quantityMilliValue, pod, node), excessOf('memory', quantityValue, pod, node)].filter((text) => text !== undefined);
      if (excess.length > 0) throw refusal(attributes, `node didn't have enough allocatable resources: ${excess.join('; ')}`, 'NodeCapacity');
    },
  };
}

function refusal({ definition, name }: AdmissionAttributes, why: string, reason: string): StatusError {
  const { message, details } = newForbidden(definition, name, why).status;
  return newStatusError(403, 'Forbidden', message ?? '', { ...details, causes: [{ reason }] });
}

/** Kubernetes: validateRequestsWithinAllocatable. */
function excessOf(name: string, valueOf: (text: string) => number, pod: Pod, node: Node): string | undefined {
  const allocatable = node.status?.allocatable?.[name] ?? '0';
  const requested = podRequests({ ...pod, status: {} }).get(name);
  if (requested === undefined || compareQuantities(requested, parseQuantity(allocatable)) <= 0) return undefined;
  return `${name}, requested: ${valueOf(formatQuantity(requested))}, allocatable: ${valueOf(allocatable)}`;
}
