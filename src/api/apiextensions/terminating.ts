import { CUSTOM_RESOURCE_CLEANUP_FINALIZER, withCondition } from './conditions.ts';
import type { CustomResourceDefinition } from './types.ts';

/** A definition that was asked to go: it stays until its objects are gone. Kubernetes: registry/customresourcedefinition, REST.Delete. */
export function terminating(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  const { finalizers = [] } = definition.metadata;
  const kept = finalizers.includes(CUSTOM_RESOURCE_CLEANUP_FINALIZER) ? finalizers : [...finalizers, CUSTOM_RESOURCE_CLEANUP_FINALIZER];
  const marked = { ...definition, metadata: { ...definition.metadata, deletionTimestamp: now, finalizers: kept } };
  return withCondition(marked, {
    type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  }, now);
}
