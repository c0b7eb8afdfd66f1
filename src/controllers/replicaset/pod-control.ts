import { messageOf } from '../../base/index.ts';
import { hasReason, type NewObject, type Pod, type PodTemplateSpec, type ResourceRef, type KubernetesObject } from '../../api/index.ts';
import { type EventRecorder, objectReference, type ResourceClient } from '../../client/index.ts';
import { isNamespaceTerminating, newControllerReference } from '../shared/owners.ts';

/** Creates and deletes pods for an owner, and tells of it on the owner. Kubernetes: controller.RealPodControl. */
export interface PodControl<T extends KubernetesObject> {
  /** Rejects where the server refuses. */
  create(owner: T, template: PodTemplateSpec): Promise<Pod>;
  /** Rejects where the server refuses; a pod that is gone already is an error NotFound, without an event. */
  delete(owner: T, pod: Pod): Promise<void>;
}

/** A pod control that writes with the given clients. */
export function createPodControl<T extends KubernetesObject>(ref: ResourceRef<T>, pods: ResourceClient<Pod>, recorder: EventRecorder): PodControl<T> {
  return {
    async create(owner, template) {
      try {
        const pod = await pods.create(podFromTemplate(ref, owner, template));
        recorder.event(objectReference(ref, owner), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
        return pod;
      } catch (error) {
        if (!isNamespaceTerminating(error)) recorder.event(objectReference(ref, owner), 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        throw error;
      }
    },
    async delete(owner, pod) {
      try {
        await pods.delete(pod.metadata);
        recorder.event(objectReference(ref, owner), 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (error) {
        if (!hasReason(error, 'NotFound')) recorder.event(objectReference(ref, owner), 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}

/** The pod that a template makes; it shares the template's frozen parts. Kubernetes: controller.GetPodFromTemplate. */
function podFromTemplate<T extends KubernetesObject>(ref: ResourceRef<T>, owner: T, template: PodTemplateSpec): NewObject<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const { namespace } = owner.metadata;
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [newControllerReference(ref, owner)],
    },
    spec: template.spec ?? { containers: [] },
  };
}
