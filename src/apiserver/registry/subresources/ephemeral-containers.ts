import { type Pod, prepareEphemeralContainers, validatePodEphemeralContainersUpdate } from '../../../api/index.ts';
import { patchObject } from '../patch.ts';
import { getObject } from '../read.ts';
import type { SubresourceHandler } from '../registry.ts';
import { updateObject, type UpdateRules } from '../update.ts';

const RULES: UpdateRules = {
  prepare: (next, old) => prepareEphemeralContainers(next as Pod, old as Pod),
  validate: (next, old) => validatePodEphemeralContainersUpdate(next as Pod, old as Pod),
};

/** pods/…/ephemeralcontainers: adds containers to debug a pod with. Kubernetes: pkg/registry/core/pod/storage, EphemeralContainersREST. */
export const podEphemeralContainers: SubresourceHandler = {
  get: getObject,
  update: (deps, call, name) => updateObject(deps, call, name, RULES),
  patch: (deps, call, name) => patchObject(deps, call, name, RULES),
};
