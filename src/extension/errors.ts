import { StatusError } from '../api/index.ts';

/** The fields that an error is about, as paths, each with its text. Empty where it names none. */
export function fieldsOf(error: unknown): readonly { readonly field: string; readonly message: string }[] {
  if (!(error instanceof StatusError)) return [];
  const causes = error.status.details?.causes ?? [];
  const named = causes.flatMap((cause) => (cause.field === undefined || cause.field === '' ? [] : [{ field: cause.field, message: cause.message ?? error.message }]));
  if (named.length > 0) return named;
  const { message } = error;
  // Kubernetes: strict decoding names unknown and duplicate fields in its text only
  const strict = [...message.matchAll(/(unknown|duplicate) field "([^"]+)"/g)].map((match) => ({ field: match[2] ?? '', message: match[0] }));
  if (strict.length > 0) return strict;
  const decoded = /Go struct field \w+\.([\w.]+) of type/.exec(message)?.[1];
  if (decoded !== undefined) return [{ field: decoded, message }];
  if (error.reason === 'NotFound' && error.status.details?.kind === 'namespaces') return [{ field: 'metadata.namespace', message }];
  return [];
}
