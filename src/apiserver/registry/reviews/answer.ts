import type { KubernetesObject } from '../../../api/index.ts';
import { objectFromBody } from '../body.ts';
import type { Call } from '../call.ts';

/** The spec of a review; {} where the body has none. */
export function reviewSpec<Spec extends object>(call: Call): Spec {
  const { spec } = objectFromBody(call, call.request.body) as KubernetesObject & { readonly spec?: Spec };
  return spec ?? ({} as Spec);
}

/** A review with its answer. It is not stored. */
export function answerReview(call: Call, spec: object | undefined, status: object): KubernetesObject {
  const body = objectFromBody(call, call.request.body);
  call.code = 201;
  return {
    kind: call.endpoint.definition.kind,
    apiVersion: call.endpoint.apiVersion,
    metadata: body.metadata,
    ...(spec === undefined ? {} : { spec }),
    status,
  } as KubernetesObject;
}
