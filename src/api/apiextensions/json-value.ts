/** An object of JSON, with the keys that a user chose. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for JSON objects: neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own key: a key like constructor that is not there is undefined. */
export function own<T>(object: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A copy with one key set; __proto__ is a key like any other. */
export function withKey(object: JsonObject, key: string, value: unknown): JsonObject {
  const copy = { ...object };
  setKey(copy, key, value);
  return copy;
}

/** Sets an own key of an object that is being made. */
export function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** Go's name of a JSON value's type, as messages show it. */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64';
    default:
      return 'map[string]interface {}';
  }
}
