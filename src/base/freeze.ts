/**
 * Freezes a plain JSON value and everything below it, in place, and returns it.
 * A part that is already frozen is taken to be frozen all the way down, so that an object which shares
 * most of its parts with an older one costs only its new parts.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}
