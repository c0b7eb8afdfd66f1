import type { ObjectRef } from './object-ref.ts';

/** A message that does not have the shape its channel promises. Whoever receives it logs and drops it. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/** Longest text a webview may send in one field, in UTF-16 units; more is a bug or an attack. */
export const MESSAGE_TEXT_LENGTH_MAX = 64 * 1024;

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a message object; throws ProtocolError for anything else. */
export function parseFields(message: unknown): Fields {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) throw new ProtocolError('a message must be an object');
  return message as Fields;
}

/** A string of at most MESSAGE_TEXT_LENGTH_MAX. */
export function parseText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new ProtocolError(`${name} must be a string`);
  if (value.length > MESSAGE_TEXT_LENGTH_MAX) throw new ProtocolError(`${name} must have at most ${MESSAGE_TEXT_LENGTH_MAX} characters`);
  return value;
}

/** As parseText; undefined where the field is absent. */
export function parseOptionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : parseText(fields, name);
}

/** A whole number of 0 or more. */
export function parseCount(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ProtocolError(`${name} must be a whole number of 0 or more`);
  return value;
}

/** An object's name with no field that ObjectRef does not have. */
export function parseObjectRef(fields: Fields, name: string): ObjectRef {
  const ref = parseFields(fields[name]);
  const namespace = parseOptionalText(ref, 'namespace');
  const uid = parseOptionalText(ref, 'uid');
  return {
    apiVersion: parseText(ref, 'apiVersion'),
    kind: parseText(ref, 'kind'),
    name: parseText(ref, 'name'),
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  };
}
