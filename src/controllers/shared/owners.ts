import { controllerOf, hasReason, type KubernetesObject, type OwnerReference, type ResourceRef, StatusError } from '../../api/index.ts';
import type { ResourceClient } from '../../client/index.ts';

/** True where owner is the object's controller. */
export function isControlledBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The reference that makes owner the controller of an object. Kubernetes: metav1.NewControllerRef. */
export function newControllerReference<T extends KubernetesObject>(ref: ResourceRef<T>, owner: T): OwnerReference {
  return {
    apiVersion: ref.group === '' ? ref.version : `${ref.group}/${ref.version}`,
    kind: ref.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true,
  };
}

/** True where a write was refused because its namespace is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof StatusError && error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') === true;
}

export interface ClaimOptions<Owner extends KubernetesObject, T extends KubernetesObject> {
  readonly ownerRef: ResourceRef<Owner>;
  readonly owner: Owner;
  readonly owners: ResourceClient<Owner>;
  readonly objects: ResourceClient<T>;
  readonly candidates: Iterable<T>;
  readonly matches: (object: T) => boolean;
}

/**
 * The candidates that belong to owner: those it controls and that match, and orphans that match, which it adopts.
 * What it controls but no longer matches is released. Before it adopts it reads itself anew, for it may be gone.
 * Rejects where an adoption failed. Kubernetes: controller_ref_manager.go.
 */
export async function claimObjects<Owner extends KubernetesObject, T extends KubernetesObject>(options: ClaimOptions<Owner, T>): Promise<T[]> {
  const { owner, objects } = options;
  const isDeleting = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  let mayAdopt = false;
  let firstError: unknown;
  for (const object of options.candidates) {
    const controller = controllerOf(object);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (options.matches(object)) claimed.push(object);
      else if (!isDeleting) await release(objects, object, owner).catch((error: unknown) => { firstError ??= error; });
      continue;
    }
    if (isDeleting || object.metadata.deletionTimestamp !== undefined || !options.matches(object)) continue;
    try {
      if (!mayAdopt) await checkStillThere(options);
      mayAdopt = true;
      claimed.push(await adopt(options, object));
    } catch (error) {
      if (!hasReason(error, 'NotFound') || !mayAdopt) firstError ??= error;
    }
  }
  if (firstError !== undefined) throw firstError;
  return claimed;
}

async function checkStillThere<Owner extends KubernetesObject>(options: { readonly ownerRef: ResourceRef<Owner>; readonly owner: Owner; readonly owners: ResourceClient<Owner> }): Promise<void> {
  const { owner, ownerRef } = options;
  const fresh = await options.owners.get(owner.metadata);
  const name = `${owner.metadata.namespace}/${owner.metadata.name}`;
  if (fresh.metadata.uid !== owner.metadata.uid) throw new Error(`original ${ownerRef.kind} ${name} is gone: got uid ${fresh.metadata.uid}, wanted ${owner.metadata.uid}`);
  if (fresh.metadata.deletionTimestamp !== undefined) throw new Error(`${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
}

function adopt<Owner extends KubernetesObject, T extends KubernetesObject>(options: ClaimOptions<Owner, T>, object: T): Promise<T> {
  const ownerReferences = [newControllerReference(options.ownerRef, options.owner)];
  return options.objects.patch(object.metadata, { metadata: { ownerReferences, uid: object.metadata.uid } }, strategic);
}

async function release<T extends KubernetesObject>(objects: ResourceClient<T>, object: T, owner: KubernetesObject): Promise<void> {
  const ownerReferences = [{ $patch: 'delete', uid: owner.metadata.uid }];
  try {
    await objects.patch(object.metadata, { metadata: { ownerReferences, uid: object.metadata.uid } }, strategic);
  } catch (error) {
    if (!hasReason(error, 'NotFound', 'Invalid')) throw error; // gone, or released by another meanwhile
  }
}

const strategic = { type: 'application/strategic-merge-patch+json' } as const;
