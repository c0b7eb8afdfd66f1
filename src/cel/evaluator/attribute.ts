import { shown } from '../values/convert.ts';
import {
  CelError, CelList, CelMap, CelOpaque, CelOptional, CelUint, NO_SUCH_OVERLOAD, typeNameOf, type Value,
} from '../values/value.ts';
import type { Frame, Step } from './frame.ts';

/** One step further into a value: .name, [key], .?name, [?key], or has(…). Each costs one. */
export interface Qualifier {
  /** The key, or how to find it. */
  readonly key: Value | undefined;
  readonly computed: ((frame: Frame) => Value) | undefined;
  readonly optional: boolean;
  readonly testOnly: boolean;
}

/** A variable or value and a path into it. Kubernetes: cel-go interpreter/attributes.go. */
export type Attribute =
  | { readonly kind: 'path'; readonly base: Step; readonly qualifiers: readonly Qualifier[] }
  | { readonly kind: 'conditional'; readonly condition: Step; readonly whenTrue: Attribute; readonly whenFalse: Attribute };

/** The attribute one step further; of a conditional, both its branches. */
export function withQualifier(attribute: Attribute, qualifier: Qualifier): Attribute {
  if (attribute.kind === 'path') return { ...attribute, qualifiers: [...attribute.qualifiers, qualifier] };
  return { ...attribute, whenTrue: withQualifier(attribute.whenTrue, qualifier), whenFalse: withQualifier(attribute.whenFalse, qualifier) };
}

/** A step that follows an attribute; the attribute itself costs nothing here. */
export function resolveStep(attribute: Attribute): Step {
  if (attribute.kind === 'path') return pathStep(attribute.base, attribute.qualifiers);
  const { condition } = attribute;
  const whenTrue = resolveStep(attribute.whenTrue);
  const whenFalse = resolveStep(attribute.whenFalse);
  return (frame) => {
    const value = condition(frame);
    if (value === true) return whenTrue(frame);
    if (value === false) return whenFalse(frame);
    return value instanceof CelError ? value : NO_SUCH_OVERLOAD;
  };
}

function pathStep(base: Step, qualifiers: readonly Qualifier[]): Step {
  if (qualifiers.length === 0) return base;
  return (frame) => {
    const start = base(frame);
    if (start instanceof CelError) return start;
    let value: Value = start;
    let optional = false;
    if (value instanceof CelOptional) {
      if (value.value === undefined) return value;
      optional = true;
      value = value.value;
    }
    for (const qualifier of qualifiers) {
      optional ||= qualifier.optional;
      const key = qualifier.computed === undefined ? (qualifier.key as Value) : qualifier.computed(frame);
      const present = key instanceof CelError ? key : qualify(value, key, optional || qualifier.testOnly);
      if (present === undefined) {
        if (!optional) {
          frame.spend(1);
          value = false;
          continue;
        }
        return CelOptional.none;
      }
      frame.spend(1);
      if (present instanceof CelError) return present;
      value = qualifier.testOnly && !optional ? true : present;
    }
    return optional ? new CelOptional(value) : value;
  };
}

/** What is behind a key; undefined where it is not there and that is no error. */
function qualify(value: Value, key: Value, mayMiss: boolean): Value | undefined {
  if (!isKey(key)) return new CelError(`invalid qualifier type: ${typeNameOf(key)}`);
  if (value instanceof CelMap) {
    const found = value.find(key);
    return found === undefined ? missing(key, mayMiss) : found;
  }
  if (value instanceof CelList) {
    const index = listIndex(key);
    if (index instanceof CelError) return index;
    if (index >= 0 && index < value.size) return value.get(index);
    return mayMiss ? undefined : new CelError(`index out of bounds: ${shown(key)}`);
  }
  if (value instanceof CelOpaque) {
    const field = typeof key === 'string' ? value.field(key) : undefined;
    return field === undefined ? missing(key, mayMiss) : field;
  }
  return missing(key, mayMiss);
}

function missing(key: Value, mayMiss: boolean): CelError | undefined {
  return mayMiss ? undefined : new CelError(`no such key: ${shown(key)}`);
}

function isKey(key: Value): boolean {
  return typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean' || typeof key === 'number' || key instanceof CelUint;
}

/** Which element of a list a key is for. Kubernetes: cel-go common/types, IndexOrError. */
function listIndex(key: Value): number | CelError {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof CelUint) return Number(key.value);
  if (typeof key === 'number') return Number.isInteger(key) ? key : new CelError(`unsupported index value ${shown(key)} in list`);
  return new CelError(`unsupported index type '${typeNameOf(key)}' in list`);
}
