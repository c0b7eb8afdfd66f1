/** Throws when a condition that the code relies on does not hold. A failed assertion is a bug in Drydock, never a user's mistake. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The value, or a thrown error where it is null or undefined. */
export function assertDefined<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`assertion failed: ${what} is not defined`);
  return value;
}
