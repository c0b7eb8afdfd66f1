import { type KubernetesObject, newStatusError } from '../meta.ts';
import { DecodeError, decodeStrict } from './decode.ts';
import type { ObjectSchema } from './schema.ts';

/** What to do with fields that the schema doesn't know. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/**
 * Decodes the body of a request, and throws upstream's 400 BadRequest where it can't be: wrong types always, unknown
 * fields with Strict. With Warn they become warnings. Kubernetes: apiserver/pkg/endpoints/handlers, transformDecodeError.
 */
export function decodeBody(
  body: unknown, schema: ObjectSchema, fieldValidation: FieldValidation,
): { readonly object: KubernetesObject; readonly warnings: readonly string[] } {
  const kind = schema.kind?.kind ?? schema.shortName;
  const refuse = (text: string): never => {
    throw newStatusError(400, 'BadRequest', `${kind} in version ${JSON.stringify(schema.kind?.version ?? '')} cannot be handled as a ${kind}: ${text}`);
  };
  try {
    const { value, unknownFields } = decodeStrict(body, schema);
    const warnings = unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`);
    if (fieldValidation === 'Strict' && warnings.length > 0) refuse(`strict decoding error: ${warnings.join(', ')}`);
    return { object: value as KubernetesObject, warnings: fieldValidation === 'Warn' ? warnings : [] };
  } catch (error) {
    if (error instanceof DecodeError) return refuse(error.message);
    throw error;
  }
}
