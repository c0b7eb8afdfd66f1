import { CelDuration, CelError, CelList, CelMap, CelOptional, CelUint, type Value, ValueList } from '../values/value.ts';
import type { CelFunction } from './call.ts';

const unwrap: CelFunction = ([list]) => {
  if (!(list instanceof CelList)) return undefined;
  const values: Value[] = [];
  for (let index = 0; index < list.size; index++) {
    const value = list.get(index);
    if (!(value instanceof CelOptional)) return new CelError('value is not optional');
    if (value.value !== undefined) values.push(value.value);
  }
  return new ValueList(values);
};

/** Values that may be absent. Kubernetes: cel-go cel.OptionalTypes. */
export const OPTIONAL_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  'optional.of': ([value]) => new CelOptional(value as Value),
  'optional.ofNonZeroValue': ([value]) => (isZero(value as Value) ? CelOptional.none : new CelOptional(value as Value)),
  'optional.none': () => CelOptional.none,
  value: ([optional]) => (optional instanceof CelOptional ? (optional.value === undefined ? new CelError('optional.none() dereference') : optional.value) : undefined),
  hasValue: ([optional]) => (optional instanceof CelOptional ? optional.value !== undefined : undefined),
  first: ([list]) => (list instanceof CelList ? (list.size === 0 ? CelOptional.none : new CelOptional(list.get(0))) : undefined),
  last: ([list]) => (list instanceof CelList ? (list.size === 0 ? CelOptional.none : new CelOptional(list.get(list.size - 1))) : undefined),
  'optional.unwrap': unwrap,
  unwrapOpt: unwrap,
};

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanoseconds === 0n;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  return value instanceof Uint8Array ? value.length === 0 : value instanceof CelOptional && value.value === undefined;
}
