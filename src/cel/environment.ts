import {
  BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, listType, mapType, NULL, opaqueType, optionalType, STRING, TIMESTAMP, TYPE, typeParameter, typeType, UINT,
} from './types.ts';
import type { Value } from './values/value.ts';

/** A type with fields. */
export interface StructType {
  field(name: string): CelType | undefined;
  /** Makes a value of it from Name{field: value}; absent: it can't be written in an expression. */
  create?(fields: ReadonlyMap<string, Value>): Value;
}

/** Where an expression is to be compiled: what names mean. */
export interface Environment {
  readonly variables: ReadonlyMap<string, CelType>;
  /** A type with fields by its name. */
  struct?(name: string): StructType | undefined;
  /** jsonpatch.escapeKey is there. Kubernetes: MutatingAdmissionPolicy's environment. */
  readonly jsonPatch?: boolean;
}

const A = typeParameter('A');
const B = typeParameter('B');
const TYPE_NAMES: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', BOOL], ['bytes', BYTES], ['double', DOUBLE], ['google.protobuf.Duration', DURATION], ['int', INT], ['list', listType(A)], ['map', mapType(A, B)],
  ['null_type', NULL], ['string', STRING], ['google.protobuf.Timestamp', TIMESTAMP], ['type', TYPE], ['uint', UINT],
  ['optional_type', optionalType(typeParameter('V'))], ['net.IP', opaqueType('net.IP')], ['net.CIDR', opaqueType('net.CIDR')], ['dyn', DYN],
]);

/** The type that a name stands for in an expression, as in type(x) == int. */
export function typeOfTypeName(name: string): CelType | undefined {
  if (name === 'dyn') return undefined;
  const known = TYPE_NAMES.get(name);
  return known === undefined ? undefined : typeType(known);
}
