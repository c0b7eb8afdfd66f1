import type { KubernetesObject } from '../../api/index.ts';
import type { ResourceClient } from '../../client/index.ts';
import { unlessGone } from './retry.ts';

/** True where the object waits for this finalizer to be taken away. Kubernetes: protectionutil.IsDeletionCandidate. */
export function isDeletionCandidate({ metadata }: KubernetesObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true;
}

/** True where the object came without the finalizer that admission would have given it. Kubernetes: protectionutil.NeedToAddFinalizer. */
export function needsFinalizer({ metadata }: KubernetesObject, finalizer: string): boolean {
  return metadata.deletionTimestamp === undefined && metadata.finalizers?.includes(finalizer) !== true;
}

/** Gives the object the finalizer. Rejects with Conflict where it has moved on. */
export async function addFinalizer<T extends KubernetesObject>(objects: ResourceClient<T>, object: T, finalizer: string): Promise<void> {
  await unlessGone(objects.update({ ...object, metadata: { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] } }));
}

/** Takes the finalizer away. Rejects with Conflict where the object has moved on. */
export async function removeFinalizer<T extends KubernetesObject>(objects: ResourceClient<T>, object: T, finalizer: string): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  await unlessGone(objects.update({ ...object, metadata: { ...object.metadata, finalizers } }));
}
