import {
  type Deployment, type KubernetesObject, newInvalidError, type ReplicaSet, type ReplicationController, type Scale, scaleOf, schemaOf, validateScale, withReplicas,
} from '../../../api/index.ts';
import { newBadRequest, newConflict, newNotFound, newPreconditionFailed, OPTIMISTIC_LOCK_TEXT } from '../../errors.ts';
import { admitted, validated } from '../admit.ts';
import { bodyOfKind, checkName, decoded } from '../body.ts';
import type { Call, RegistryDeps } from '../call.ts';
import { present } from '../endpoint.ts';
import { newUnsupportedPatch, patched } from '../patch-body.ts';
import { getNow, whenReadable } from '../read.ts';
import type { SubresourceHandler } from '../registry.ts';
import { guaranteedUpdate, rulesAfterAdmission } from '../update.ts';

const SCALE_SCHEMA = 'io.k8s.api.autoscaling.v1.Scale';

type Scalable = Deployment | ReplicaSet | ReplicationController;

/** scale of whatever has replicas, as autoscaling/v1. Kubernetes: each one's ScaleREST. */
export const scale: SubresourceHandler = {
  get: async (deps, call, name) => {
    await whenReadable(deps, call);
    return scaleOf(getNow(call, name) as Scalable);
  },
  update: (deps, call, name) => writeScale(deps, call, name, () => bodyOfKind<Scale>(call, SCALE_SCHEMA)),
  patch: (deps, call, name) => {
    const { patchType, body } = call.request;
    if (patchType === undefined) throw newUnsupportedPatch();
    const schema = schemaOf(SCALE_SCHEMA);
    return writeScale(deps, call, name, (current) => {
      const next = patched(current as KubernetesObject, schema, patchType, body);
      return (call.untrusted && schema !== undefined ? decoded(call, next, schema, undefined) : next) as Scale;
    });
  },
};

async function writeScale(deps: RegistryDeps, call: Call, name: string, transform: (current: Scale) => Scale): Promise<object> {
  const { definition, cache } = call.endpoint;
  const existing = cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(definition, name);
  const first = present(call.endpoint, existing.object);
  const scale = await admittedScale(deps, call, name, transform(scaleOf(first as Scalable)), scaleOf(first as Scalable));
  // The write itself is one to the resource, with all its rules.
  const { subresource: _subresource, ...request } = call.request;
  const own: Call = { ...call, request, writtenThrough: 'scale' };
  const object = await guaranteedUpdate(deps, own, name, existing, (current) => {
    // Where another writer was quicker, the wish is worked out anew and not asked about again.
    const wanted = current === first ? scale : transform(scaleOf(current as Scalable));
    checkScale(call, name, wanted, current);
    return withReplicas(current as Scalable, wanted);
  }, rulesAfterAdmission(own));
  return scaleOf(object as Scalable);
}

/** Admission gets to see the Scale, not what is scaled. */
export async function admittedScale(deps: RegistryDeps, call: Call, name: string, wanted: Scale, old: Scale): Promise<Scale> {
  const scale = await admitted(deps, call, 'UPDATE', name, wanted as KubernetesObject, old as KubernetesObject);
  await validated(deps, call, 'UPDATE', name, scale, old as KubernetesObject);
  return scale as Scale;
}

/** A Scale says which object it means, and which state of it, as the object itself would. */
export function checkPreconditions(call: Call, name: string, wanted: Scale, current: KubernetesObject): void {
  const { definition, cache } = call.endpoint;
  if (wanted.kind !== undefined && wanted.kind !== 'Scale') throw newBadRequest(`wrong object passed to Scale update: ${JSON.stringify(wanted)}`);
  if (wanted.metadata?.name) checkName(name, wanted as KubernetesObject);
  const { resourceVersion, uid } = wanted.metadata ?? {};
  if (uid && uid !== current.metadata.uid) {
    throw newPreconditionFailed(definition, name, cache.keyOf(call.namespace, name), `UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`);
  }
  if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) throw newConflict(definition, name, OPTIMISTIC_LOCK_TEXT);
}

function checkScale(call: Call, name: string, wanted: Scale, current: KubernetesObject): void {
  checkPreconditions(call, name, wanted, current);
  const { name: ownName, namespace } = current.metadata;
  const errors = validateScale({ ...wanted, metadata: { ...wanted.metadata, name: ownName, ...(namespace === undefined ? {} : { namespace }) } });
  if (errors.length > 0) throw newInvalidError('autoscaling', 'Scale', name, errors);
}
