import type { FieldError } from '../../field-error.ts';

/**
 * Parts of pod specs that were found valid and are frozen, so that they stay so: a thousand pods of one template share
 * their env, ports, probes, … and these are looked at once. Only parts whose rules need nothing outside them belong here.
 */
const validParts = new WeakSet<object>();

/** Runs check on a part that is there and is not known to be valid. */
export function validatePart<T extends object>(
  part: T | null | undefined, path: string, errors: FieldError[], check: (part: T, path: string, errors: FieldError[]) => void,
): void {
  if (part === undefined || part === null || validParts.has(part)) return;
  const countBefore = errors.length;
  check(part, path, errors);
  if (errors.length === countBefore && Object.isFrozen(part)) validParts.add(part);
}
