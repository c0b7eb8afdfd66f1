import type { KubernetesObject } from '../../api/index.ts';
import type { AdmissionAttributes, AdmissionOperation } from '../admission/index.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';

/** A call as admission plugins see it. */
export function admissionAttributes(call: Call, operation: AdmissionOperation, name: string): AdmissionAttributes {
  return {
    user: call.user,
    operation,
    definition: call.endpoint.definition,
    subresource: call.request.subresource,
    namespace: call.namespace,
    name,
    dryRun: call.dryRun,
    warn: (text) => warn(call, text),
  };
}

/** Lets the plugins say no to a deletion. */
export function admitDelete(deps: RegistryDeps, call: Call, object: KubernetesObject): void {
  const { validate } = deps.admission.stepsFor(call.endpoint.definition, 'DELETE', undefined);
  if (validate.length === 0) return;
  const attributes = admissionAttributes(call, 'DELETE', object.metadata.name);
  for (const step of validate) step(attributes, object, object);
}
