import { notSupported, required, type FieldError } from '../field-error.ts';

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Kubernetes: core validation, validateTaintEffect. */
export function validateTaintEffect(effect: string | undefined, mayBeEmpty: boolean, path: string, errors: FieldError[]): void {
  if (!effect) {
    if (!mayBeEmpty) errors.push(required(path));
    return;
  }
  if (!taintEffects.includes(effect)) errors.push(notSupported(path, effect, taintEffects));
}
