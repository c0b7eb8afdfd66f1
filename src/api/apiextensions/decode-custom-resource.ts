import { fieldErrorBody } from '../field-error.ts';
import { type KubernetesObject, newStatusError } from '../meta.ts';
import { DecodeError } from '../schema/decode.ts';
import type { JsonObject } from './json-value.ts';
import { coerceEmbedded, decodeMetadata } from './structural/embedded.ts';
import { prune, pruneNulls } from './structural/prune.ts';
import type { JsonSchemaProps } from './types.ts';

/** How deep objects may nest; what walks them is recursive. */
const DEPTH_MAX = 1000;

export interface DecodedCustomResource {
  readonly object: KubernetesObject;
  readonly unknownFields: readonly string[];
}

/**
 * A custom resource's object as it may be stored: metadata decoded, unknown fields and nulls that are not allowed
 * dropped. Throws 400 where metadata is none. Kubernetes: customresource_handler.go, unstructuredSchemaCoercer.
 */
export function decodeCustomResource(body: JsonObject, kind: string, version: string, schema: JsonSchemaProps | undefined, preserves: boolean): DecodedCustomResource {
  const refuse = (why: string): Error => newStatusError(400, 'BadRequest', `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`);
  if (isTooDeep(body, DEPTH_MAX)) throw refuse('exceeded max depth');
  const { metadata = {}, ...rest } = body;
  try {
    const meta = decodeMetadata(metadata, 'metadata');
    const pruned = preserves ? { value: rest, unknownFields: [] } : prune(rest, schema, true);
    const withoutNulls = preserves ? pruned.value : pruneNulls(pruned.value, schema);
    const coerced = schema === undefined ? { value: withoutNulls, unknownFields: [] } : coerceEmbedded(withoutNulls, schema, false);
    if ('type' in coerced) throw refuse(`${coerced.field}: ${fieldErrorBody(coerced)}`);
    const object = { ...(coerced.value as JsonObject), metadata: meta.metadata } as unknown as KubernetesObject;
    return { object, unknownFields: [...meta.unknownFields, ...pruned.unknownFields, ...coerced.unknownFields] };
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}

function isTooDeep(value: unknown, depthLeft: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depthLeft === 0) return true;
  for (const item of Array.isArray(value) ? value as readonly unknown[] : Object.values(value)) if (isTooDeep(item, depthLeft - 1)) return true;
  return false;
}
