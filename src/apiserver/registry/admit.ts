import type { KubernetesObject } from '../../api/index.ts';
import { type AdmissionAttributes, type AdmissionOperation, runAdmit, runValidate } from '../admission/index.ts';
import { type Call, type RegistryDeps, warn } from './call.ts';

/** A call as admission plugins see it. */
function admissionAttributes(call: Call, operation: AdmissionOperation, name: string): AdmissionAttributes {
  return {
    user: call.user,
    operation,
    definition: call.endpoint.definition,
    subresource: call.request.subresource,
    namespace: call.namespace,
    name,
    dryRun: call.dryRun,
    request: call.request,
    warn: (text) => warn(call, text),
    note: call.note,
    annotate: call.auditAnnotations === undefined ? undefined : (key, value) => call.auditAnnotations?.set(key, value),
  };
}

/** What the plugins make of an object; a promise only where one of them had to ask somebody. */
export function admitted(
  deps: RegistryDeps, call: Call, operation: AdmissionOperation, name: string, object: KubernetesObject, old: KubernetesObject | undefined,
): KubernetesObject | Promise<KubernetesObject> {
  const steps = deps.admission.stepsFor(call.endpoint.definition, operation, call.request.subresource);
  return steps.admit.length === 0 ? object : runAdmit(steps, admissionAttributes(call, operation, name), object, old);
}

/** Lets the plugins say no; undefined where none of them had to ask somebody. */
export function validated(
  deps: RegistryDeps, call: Call, operation: AdmissionOperation, name: string, object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): Promise<void> | undefined {
  const steps = deps.admission.stepsFor(call.endpoint.definition, operation, call.request.subresource);
  return steps.validate.length === 0 ? undefined : runValidate(steps, admissionAttributes(call, operation, name), object, old);
}
