import {
  type Scale, invalid, type KubernetesObject, type LabelSelector, newInvalidError, schemaOf, selectorOf, selectorOfMap,
} from '../../../api/index.ts';
import { newBadRequest, newConflict, newNotFound, OPTIMISTIC_LOCK_TEXT } from '../../errors.ts';
import { bodyOfKind, checkName } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import { patched } from '../patch-body.ts';
import { getNow, whenReadable } from '../read.ts';
import type { SubresourceHandler } from '../registry.ts';
import { guaranteedUpdate } from '../update.ts';

const SCALE_SCHEMA = 'io.k8s.api.autoscaling.v1.Scale';

/** What the resources that scale have in common. */
interface Scalable extends KubernetesObject {
  readonly spec: { readonly replicas?: number; readonly selector?: LabelSelector | Readonly<Record<string, string>> };
  readonly status?: { readonly replicas?: number };
}

/** scale of Deployments, ReplicaSets, StatefulSets and ReplicationControllers, as autoscaling/v1. Kubernetes: each one's ScaleREST. */
export const scale: SubresourceHandler = {
  get: async (deps, call, name) => {
    await whenReadable(deps, call);
    return toScale(getNow(call, name) as Scalable);
  },
  update: (deps, call, name) => writeScale(deps, call, name, () => bodyOfKind<Scale>(call, SCALE_SCHEMA)),
  patch: (deps, call, name) => {
    const { patchType, body } = call.request;
    if (patchType === undefined) throw newBadRequest('the body of the request was in an unknown format');
    return writeScale(deps, call, name, (current) => patched(current as KubernetesObject, schemaOf(SCALE_SCHEMA), patchType, body) as Scale);
  },
};

async function writeScale(
  deps: RegistryDeps, call: Call, name: string, transform: (current: Scale) => Scale,
): Promise<object> {
  const { definition, cache } = call.endpoint;
  const existing = cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(definition, name);
  // The write itself is one to the resource, with all its rules.
  const { subresource: _subresource, ...request } = call.request;
  const own: Call = { ...call, request };
  const object = await guaranteedUpdate(deps, own, name, existing, (current) => {
    const wanted = transform(toScale(current as Scalable));
    checkScale(call, name, wanted, current);
    const { spec } = current as Scalable;
    const replicas = wanted.spec?.replicas ?? 0;
    return spec.replicas === replicas ? current : { ...current, spec: { ...spec, replicas } } as KubernetesObject;
  });
  return toScale(object as Scalable);
}

function checkScale(call: Call, name: string, wanted: Scale, current: KubernetesObject): void {
  const { definition } = call.endpoint;
  if (typeof wanted !== 'object' || wanted === null || (wanted.kind !== undefined && wanted.kind !== 'Scale')) {
    throw newBadRequest(`wrong object passed to Scale update: ${JSON.stringify(wanted)}`);
  }
  checkName(name, wanted as KubernetesObject);
  const { resourceVersion, uid } = wanted.metadata ?? {};
  if (uid && uid !== current.metadata.uid) throw newConflict(definition, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`);
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) throw newConflict(definition, name, OPTIMISTIC_LOCK_TEXT);
  const replicas = wanted.spec?.replicas ?? 0;
  if (typeof replicas !== 'number' || replicas < 0 || !Number.isInteger(replicas)) {
    throw newInvalidError('autoscaling', 'Scale', name, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]);
  }
}

function toScale(object: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { replicas, selector } = object.spec;
  return Object.freeze({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: { replicas: object.status?.replicas ?? 0, selector: selectorText(object.kind, selector) },
  }) as Scale;
}

function selectorText(kind: string | undefined, selector: LabelSelector | Readonly<Record<string, string>> | undefined): string {
  if (selector === undefined) return '';
  if (kind === 'ReplicationController') return selectorOfMap(selector as Readonly<Record<string, string>>).toString();
  return selectorOf(selector as LabelSelector).toString();
}
