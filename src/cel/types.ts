/** What kind of type it is. Kubernetes: cel-go common/types, Kind. */
export type TypeKind =
  | 'dyn' | 'error' | 'null' | 'bool' | 'bytes' | 'double' | 'duration' | 'int' | 'string' | 'timestamp' | 'uint'
  | 'list' | 'map' | 'object' | 'opaque' | 'type' | 'parameter';

/** A type as the checker knows it. Two types are the same where their texts and kinds are. */
export interface CelType {
  readonly kind: TypeKind;
  /** What type() gives at run time: list, google.protobuf.Timestamp. */
  readonly name: string;
  readonly parameters: readonly CelType[];
  /** As error messages show it: list(int). */
  readonly text: string;
}

function simple(kind: TypeKind, name: string = kind, text = name): CelType {
  return Object.freeze({ kind, name, parameters: Object.freeze([]), text });
}

export const DYN = simple('dyn');
export const ERROR = simple('error', '!error!');
export const NULL = simple('null', 'null_type', 'null');
export const BOOL = simple('bool');
export const BYTES = simple('bytes');
export const DOUBLE = simple('double');
export const DURATION = simple('duration', 'google.protobuf.Duration', 'duration');
export const INT = simple('int');
export const STRING = simple('string');
export const TIMESTAMP = simple('timestamp', 'google.protobuf.Timestamp', 'timestamp');
export const UINT = simple('uint');
/** The type of types whose parameter is not known. */
export const TYPE = simple('type');

/** list(element). */
export function listType(element: CelType): CelType {
  return parameterized('list', 'list', [element]);
}

/** map(key, value). */
export function mapType(key: CelType, value: CelType): CelType {
  return parameterized('map', 'map', [key, value]);
}

/** optional_type(value). */
export function optionalType(value: CelType): CelType {
  return parameterized('opaque', 'optional_type', [value]);
}

/** type(of). */
export function typeType(of: CelType): CelType {
  return parameterized('type', 'type', [of]);
}

/** A type with fields, known to the environment's type provider by its name. */
export function objectType(name: string): CelType {
  return simple('object', name);
}

/** A type without fields that only functions know. */
export function opaqueType(name: string, parameters: readonly CelType[] = []): CelType {
  return parameters.length === 0 ? simple('opaque', name) : parameterized('opaque', name, parameters);
}

/** A variable of an overload's signature, or a type that is yet to be found out. */
export function typeParameter(name: string): CelType {
  return simple('parameter', name);
}

function parameterized(kind: TypeKind, name: string, parameters: readonly CelType[]): CelType {
  return { kind, name, parameters, text: `${name}(${parameters.map((parameter) => parameter.text).join(', ')})` };
}

/** True for types that are written alike. */
export function sameType(left: CelType, right: CelType): boolean {
  return left === right || (left.kind === right.kind && left.text === right.text);
}

/** True where anything goes. */
export function isDynOrError(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'error';
}

/** The type inside optional_type, or undefined where it is none. */
export function unwrappedOptional(type: CelType): CelType | undefined {
  return type.kind === 'opaque' && type.name === 'optional_type' ? type.parameters[0] : undefined;
}

const NAMED: ReadonlyMap<string, CelType> = new Map([DYN, NULL, BOOL, BYTES, DOUBLE, DURATION, INT, STRING, TIMESTAMP, UINT, TYPE].map((type) => [type.text, type]));
const OPAQUE_NAMES: ReadonlySet<string> = new Set(['net.IP', 'net.CIDR']);

/** Reads a type from its text; single capitals are parameters, names with a dot are objects. For tables in this folder. */
export function parseType(text: string): CelType {
  const open = text.indexOf('(');
  if (open >= 0) {
    const parameters = splitParameters(text.slice(open + 1, -1)).map(parseType);
    const name = text.slice(0, open);
    return parameterized(name === 'list' || name === 'map' || name === 'type' ? name : 'opaque', name, parameters);
  }
  const known = NAMED.get(text);
  if (known !== undefined) return known;
  if (/^[A-Z]$/.test(text)) return typeParameter(text);
  return OPAQUE_NAMES.has(text) ? opaqueType(text) : objectType(text);
}

function splitParameters(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}
