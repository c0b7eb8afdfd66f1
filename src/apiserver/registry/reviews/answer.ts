import type { KubernetesObject } from '../../../api/index.ts';

/** The spec of a review; {} where the body has none. */
export function specOf<Spec extends object>(body: KubernetesObject): Spec {
  return (body as KubernetesObject & { readonly spec?: Spec }).spec ?? ({} as Spec);
}

/** A review with its answer. It is not stored. */
export function withAnswer(body: KubernetesObject, status: object): KubernetesObject {
  return { ...body, status } as KubernetesObject;
}
