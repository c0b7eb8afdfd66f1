import {
  type CustomResourceRules, type KubernetesObject, nestedInteger, nestedText, type Scale, schemaOf, withNested,
} from '../../api/index.ts';
import { newBadRequest, newInternalError, newNotFound } from '../errors.ts';
import { bodyOfKind, decoded } from '../registry/body.ts';
import type { Call, RegistryDeps } from '../registry/call.ts';
import { present } from '../registry/endpoint.ts';
import { newUnsupportedPatch, patched } from '../registry/patch-body.ts';
import { getNow, whenReadable } from '../registry/read.ts';
import type { SubresourceHandler } from '../registry/registry.ts';
import { admittedScale, checkPreconditions } from '../registry/subresources/scale.ts';
import { guaranteedUpdate, rulesAfterAdmission } from '../registry/update.ts';

type Paths = NonNullable<CustomResourceRules['scale']>;

const SCALE_SCHEMA = 'io.k8s.api.autoscaling.v1.Scale';

/** The scale subresource of a custom resource, whose replicas stand where its definition says. Kubernetes: registry/customresource, ScaleREST. */
export const customScale: SubresourceHandler = {
  get: async (deps: RegistryDeps, call: Call, name: string): Promise<object> => {
    await whenReadable(deps, call);
    const paths = pathsOf(call);
    const { scale, found } = scaleFrom(getNow(call, name), paths);
    if (!found) throw newInternalError(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} does not exist`);
    return scale;
  },
  update: (deps: RegistryDeps, call: Call, name: string): Promise<object> => writeScale(deps, call, name, () => bodyOfKind<Scale>(call, SCALE_SCHEMA)),
  patch: (deps: RegistryDeps, call: Call, name: string): Promise<object> => {
    const { patchType, body } = call.request;
    if (patchType === undefined) throw newUnsupportedPatch();
    const schema = schemaOf(SCALE_SCHEMA);
    return writeScale(deps, call, name, (current) => {
      const next = patched(current as KubernetesObject, schema, patchType, body);
      return (call.untrusted && schema !== undefined ? decoded(call, next, schema, undefined) : next) as Scale;
    });
  },
};

function pathsOf(call: Call): Paths {
  return call.endpoint.definition.custom?.scale as Paths;
}

async function writeScale(deps: RegistryDeps, call: Call, name: string, transform: (current: Scale) => Scale): Promise<object> {
  const { definition, cache } = call.endpoint;
  const paths = pathsOf(call);
  const existing = cache.objects.get(call.namespace, name);
  if (existing === undefined) throw newNotFound(definition, name);
  const first = present(call.endpoint, existing.object);
  const old = scaleFrom(first, paths).scale;
  const asked = await admittedScale(deps, call, name, transform(old), old);
  // The write itself is one to the resource, with all its rules.
  const { subresource: _subresource, ...request } = call.request;
  const own: Call = { ...call, request, writtenThrough: 'scale' };
  const object = await guaranteedUpdate(deps, own, name, existing, (current) => {
    const { scale, found } = scaleFrom(current, paths);
    // Where another writer was quicker, the wish is worked out anew and not asked about again.
    const wanted = current === first ? asked : transform(scale);
    checkPreconditions(call, name, wanted, current);
    const replicas = wanted.spec?.replicas;
    if (replicas === undefined && !found) throw newBadRequest(`the spec replicas field ${JSON.stringify(paths.specReplicasPath)} cannot be empty`);
    return found && replicas === scale.spec.replicas ? current : withNested(current as never, paths.specReplicasPath, replicas ?? 0) as unknown as KubernetesObject;
  }, rulesAfterAdmission(own));
  return scaleFrom(object, paths).scale;
}

/** Kubernetes: scaleFromCustomResource. */
function scaleFrom(object: KubernetesObject, paths: Paths): { readonly scale: Scale; readonly found: boolean } {
  const value = object as unknown as Readonly<Record<string, unknown>>;
  const spec = valueOf(nestedInteger(value, paths.specReplicasPath));
  const status = valueOf(nestedInteger(value, paths.statusReplicasPath));
  const selector = paths.labelSelectorPath ? valueOf(nestedText(value, paths.labelSelectorPath)) : undefined;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    found: spec !== undefined,
    scale: {
      kind: 'Scale', apiVersion: 'autoscaling/v1',
      metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp },
      spec: { replicas: spec ?? 0 },
      status: { replicas: status ?? 0, ...(selector ? { selector } : {}) },
    },
  };
}

function valueOf<T>(found: { readonly value: T } | { readonly error: string }): T {
  if ('error' in found) throw newInternalError(found.error);
  return found.value;
}
