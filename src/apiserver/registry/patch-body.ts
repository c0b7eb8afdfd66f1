import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, type KubernetesObject, newStatusError, type ObjectSchema } from '../../api/index.ts';
import type { PatchType } from '../../client/index.ts';

/** The object with a patch applied, as a new object that shares what did not change. Without a schema there is no strategic merge. */
export function patched(current: KubernetesObject, schema: ObjectSchema | undefined, patchType: PatchType, patch: unknown): KubernetesObject {
  switch (patchType) {
    case 'application/json-patch+json':
      return applyJsonPatch(current, patch);
    case 'application/merge-patch+json':
      return applyMergePatch(current, patch);
    case 'application/strategic-merge-patch+json':
      if (schema === undefined) throw newUnsupportedPatch();
      return applyStrategicMergePatch(current, patch, schema);
    default:
      throw newUnsupportedPatch();
  }
}

/** 415 with what would have been accepted. Kubernetes: negotiation.NewUnsupportedMediaTypeError. */
export function newUnsupportedPatch(): Error {
  return newStatusError(
    415, 'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    {},
  );
}
