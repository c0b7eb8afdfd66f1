import { notSupported, type FieldError } from '../field-error.ts';
import type { MatchResources } from '../types.ts';

const operations: readonly string[] = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

/** What is deleted can't be changed any more. */
export function validateMutatingOperations(match: MatchResources | undefined, path: string, errors: FieldError[]): void {
  for (const rule of match?.resourceRules ?? []) {
    for (const operation of rule.operations ?? []) {
      if (!operations.includes(operation)) errors.push(notSupported(`${path}.resourceRules.operations`, operation, operations));
    }
  }
}
