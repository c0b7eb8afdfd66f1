import { type Pod, preparePodResize, validatePodResize } from '../../../api/index.ts';
import { patchObject } from '../patch.ts';
import { getObject } from '../read.ts';
import type { SubresourceHandler } from '../registry.ts';
import { updateObject, type UpdateRules } from '../update.ts';

const RULES: UpdateRules = {
  prepare: (next, old) => preparePodResize(next as Pod, old as Pod),
  validate: (next, old) => validatePodResize(next as Pod, old as Pod),
};

/** pods/…/resize: gives a running pod more or less CPU and memory. Kubernetes: pkg/registry/core/pod/storage, ResizeREST. */
export const podResize: SubresourceHandler = {
  get: getObject,
  update: (deps, call, name) => updateObject(deps, call, name, RULES),
  patch: (deps, call, name) => patchObject(deps, call, name, RULES),
};
