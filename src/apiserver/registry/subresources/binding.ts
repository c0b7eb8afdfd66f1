import { type Binding, formatTime, type KubernetesObject, newInvalidError, type Pod, validatePodBinding } from '../../../api/index.ts';
import { newBadRequest, newConflict, newNotFound } from '../../errors.ts';
import { admitted, validated } from '../admit.ts';
import { bodyOfKind } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import type { SubresourceHandler } from '../registry.ts';
import { guaranteedUpdate, type UpdateRules } from '../update.ts';
import { successStatus } from './success.ts';

const PODS_BINDING = { group: '', resource: 'pods/binding' } as const;
/** A binding changes just what it says; the pod was valid before. */
const NO_RULES: UpdateRules = { prepare: (next) => next, validate: () => [], admissionDone: true };

/** POST pods/…/binding: gives a pod its node. Kubernetes: pkg/registry/core/pod/storage, BindingREST. */
export const podBinding: SubresourceHandler = { create: bindPod };

async function bindPod(deps: RegistryDeps, call: Call, name: string): Promise<object> {
  const body = bodyOfKind<Binding>(call, 'io.k8s.api.core.v1.Binding');
  const asked = admitted(deps, call, 'CREATE', name, body as KubernetesObject, undefined);
  const binding = (asked instanceof Promise ? await asked : asked) as Binding;
  checkBinding(binding, name);
  const waiting = validated(deps, call, 'CREATE', name, binding as KubernetesObject, undefined);
  if (waiting !== undefined) await waiting;
  const existing = call.endpoint.cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(call.endpoint.definition, name);
  const nowText = formatTime(deps.clock.nowMs());
  await guaranteedUpdate(deps, call, name, existing, (pod) => boundPod(pod as Pod, binding, nowText), NO_RULES);
  call.code = 201;
  return successStatus(201);
}

function checkBinding(binding: Binding, name: string): void {
  if (binding?.metadata?.name && binding.metadata.name !== name) throw newBadRequest('name in URL does not match name in Binding object');
  const errors = validatePodBinding(binding);
  if (errors.length > 0) throw newInvalidError('', 'Binding', name, errors);
}

function boundPod(pod: Pod, binding: Binding, nowText: string): KubernetesObject {
  const { name, uid, deletionTimestamp } = pod.metadata;
  const refuse = (why: string) => newConflict(PODS_BINDING, name, why);
  if (binding.metadata?.resourceVersion && binding.metadata.resourceVersion !== pod.metadata.resourceVersion) {
    throw refuse(`Precondition failed: ResourceVersion in precondition: ${binding.metadata.resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`);
  }
  if (binding.metadata?.uid && binding.metadata.uid !== uid) throw refuse(`Precondition failed: UID in precondition: ${binding.metadata.uid}, UID in object meta: ${uid}`);
  if (deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if ((pod.spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const { annotations, labels } = binding.metadata ?? {};
  const { nominatedNodeName: _nominatedNodeName, ...status } = pod.status ?? {};
  return {
    ...pod,
    metadata: annotations === undefined && labels === undefined ? pod.metadata : {
      ...pod.metadata, ...(annotations === undefined ? {} : { annotations: { ...pod.metadata.annotations, ...annotations } }),
      ...(labels === undefined ? {} : { labels: { ...pod.metadata.labels, ...labels } }),
    },
    spec: { ...pod.spec, nodeName: binding.target.name as string },
    status: { ...status, conditions: [...conditions, { type: 'PodScheduled', status: 'True', lastTransitionTime: nowText }] },
  } as KubernetesObject;
}
