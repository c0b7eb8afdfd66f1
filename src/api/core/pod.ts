import { dns1123LabelErrors } from '../names.ts';
import type { Pod, PodSpec, PodStatus } from '../types.ts';
import { defineResource, proxyVerbs, statusSubresource } from './define.ts';
import { sameValue } from './equality.ts';
import { podColumns, podRowConditions } from './pod-columns.ts';
import { withLabelKeys } from './pod-label-keys.ts';
import { qosClass } from './pod-qos.ts';
import { defaultSpecOfPod } from './pod-spec/defaults.ts';
import { podSpecWarnings } from './pod-spec/warnings.ts';
import { validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from './pod-validation.ts';
import { bumpGeneration, subresourceVerbs, withStatusOf } from './strategy-parts.ts';

/** Kubernetes: pkg/registry/core/pod. */
export const pods = defineResource<Pod>({
  group: '', resource: 'pods', kind: 'Pod', namespaced: true, shortNames: ['po'], categories: ['all'], schema: 'io.k8s.api.core.v1.Pod',
  subresources: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: 'Pod', verbs: subresourceVerbs },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
    { name: 'resize', kind: 'Pod', verbs: subresourceVerbs },
    statusSubresource('Pod'),
  ],
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork === true),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': (pod) => pod.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  columns: podColumns,
  rowConditions: podRowConditions,
  strategy: {
    defaults(pod) {
      if (!pod.spec) return pod;
      const spec = defaultSpecOfPod(withGrace(pod.spec));
      return spec === pod.spec ? pod : { ...pod, spec };
    },
    prepareForCreate(given) {
      const pod = given.spec ? withLabelKeys(given) : given;
      return { ...pod, metadata: { ...pod.metadata, generation: 1 }, status: initialStatus(pod) };
    },
    prepareForUpdate(next, old) {
      return bumpGeneration(withStatusOf(next, old), old, !sameValue(next.spec, old.spec));
    },
    validateCreate: validatePodCreate,
    validateUpdate: validatePodUpdate,
    prepareForStatusUpdate,
    validateStatusUpdate: validatePodStatusUpdate,
    warnings(pod) {
      const warnings: string[] = [];
      const nameErrors = dns1123LabelErrors(pod.metadata.name);
      if (nameErrors.length > 0) {
        warnings.push(`metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${nameErrors.join(' ')}]`);
      }
      podSpecWarnings(pod.spec, pod.metadata.annotations, '', warnings);
      return warnings;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** A pod whose ephemeral containers alone are those of next. Kubernetes: podEphemeralContainersStrategy.PrepareForUpdate. */
export function prepareEphemeralContainers(next: Pod, old: Pod): Pod {
  const { ephemeralContainers } = next.spec;
  const { ephemeralContainers: _old, ...rest } = old.spec;
  const pod: Pod = { ...old, metadata: { ...old.metadata }, spec: ephemeralContainers === undefined ? rest : { ...rest, ephemeralContainers } };
  return bumpGeneration(pod, old, !sameValue(pod.spec, old.spec));
}

/** A negative grace is 1, in pods; templates keep it. Kubernetes: Convert_v1_Pod_To_core_Pod. */
function withGrace(spec: PodSpec): PodSpec {
  return spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0 ? { ...spec, terminationGracePeriodSeconds: 1 } : spec;
}

const gatedCondition = Object.freeze({
  type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates',
});

function initialStatus(pod: Pod): PodStatus {
  const gated = (pod.spec.schedulingGates ?? []).length > 0;
  return { phase: 'Pending', ...(gated ? { conditions: [gatedCondition] } : {}), qosClass: qosClass(pod) };
}

/** Only status changes, and of metadata only labels, annotations and finalizers. Kubernetes: podStatusStrategy.PrepareForUpdate. */
function prepareForStatusUpdate(next: Pod, old: Pod): Pod {
  const status = completeStatus(next.status ?? {}, old.status);
  const sameOwners = next.metadata.ownerReferences === old.metadata.ownerReferences;
  const { ownerReferences: _owners, ...metadata } = next.metadata;
  return {
    ...next,
    metadata: sameOwners ? next.metadata : { ...metadata, ...(old.metadata.ownerReferences === undefined ? {} : { ownerReferences: old.metadata.ownerReferences }) },
    spec: old.spec,
    status,
  };
}

/** Keeps the QoS class, and has podIP be the first of podIPs; where the two differ, podIP counts. Kubernetes: Convert_v1_PodStatus_To_core_PodStatus. */
function completeStatus(status: PodStatus, old: PodStatus | undefined): PodStatus {
  const first = status.podIPs?.[0]?.ip;
  const podIP = status.podIP || first;
  const keptClass = status.qosClass ? undefined : old?.qosClass;
  if (keptClass === undefined && podIP === status.podIP && podIP === first) return status;
  return {
    ...status,
    ...(podIP ? { podIP, podIPs: podIP === first && status.podIPs ? status.podIPs : [{ ip: podIP }] } : {}),
    ...(keptClass === undefined ? {} : { qosClass: keptClass }),
  };
}
