import { formatDurationSeconds, formatTimestamp } from '../values/time.ts';
import { goQuote, toText } from '../values/convert.ts';
import { compareText } from '../values/equality.ts';
import {
  CelDuration, CelError, CelList, CelMap, CelTimestamp, CelTypeValue, CelUint, typeNameOf, type Value,
} from '../values/value.ts';

const DEFAULT_PRECISION = 6;

/** A format or one of its arguments is wrong. */
export class FormatError extends Error {}

/** 'text %s'.format([…]). Kubernetes: cel-go ext/formatting.go. */
export function formatText(format: string, args: CelList): Value {
  try {
    return interpolate(format, args.size, (verb, index, precision) => clauseText(verb, args.get(index), precision));
  } catch (error) {
    if (error instanceof FormatError) return new CelError(error.message);
    throw error;
  }
}

/** Puts what show gives in the place of each clause. Throws FormatError. */
export function interpolate(format: string, argumentCount: number, show: (verb: string, index: number, precision: number) => string): string {
  let text = '';
  let next = 0;
  for (let at = 0; at < format.length;) {
    if (format[at] !== '%') {
      text += format[at++];
      continue;
    }
    if (format[at + 1] === '%') {
      text += '%';
      at += 2;
      continue;
    }
    if (next >= argumentCount) throw new FormatError(`index ${next} out of range`);
    if (at + 1 >= format.length) throw new FormatError('unexpected end of string');
    const { verb, precision, length } = readClause(format.slice(at + 1));
    try {
      text += show(verb, next++, precision);
    } catch (error) {
      throw error instanceof FormatError ? new FormatError(`error during formatting: ${error.message}`) : error;
    }
    at += 1 + length;
  }
  return text;
}

function readClause(rest: string): { verb: string; precision: number; length: number } {
  const wrong = (reason: string): FormatError => new FormatError(`could not parse formatting clause: ${reason}`);
  const match = /^\.(\d*)/.exec(rest);
  const skipped = match?.[0].length ?? 0;
  if (match !== null && skipped >= rest.length) throw wrong('error while parsing precision: could not find end of precision specifier');
  if (match?.[1] === '') throw wrong('error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax');
  const verb = rest[skipped] ?? '';
  if (!'sdfebxXo'.includes(verb)) throw wrong(`unrecognized formatting clause "${verb}"`);
  return { verb, precision: match?.[1] === undefined ? DEFAULT_PRECISION : Number(match[1]), length: skipped + 1 };
}

function clauseText(verb: string, value: Value, precision: number): string {
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
      if (typeof value === 'bigint') return String(value);
      if (value instanceof CelUint) return String(value.value);
      throw new FormatError(`decimal clause can only be used on integers, was given ${typeNameOf(value)}`);
    case 'f':
      return fixed(value, precision, 'fixed-point');
    case 'e':
      return fixed(value, precision, 'scientific');
    case 'b':
      if (typeof value === 'bigint') return value.toString(2);
      if (value instanceof CelUint) return value.value.toString(2);
      if (typeof value === 'boolean') return value ? '1' : '0';
      throw new FormatError(`only integers and bools can be formatted as binary, was given ${typeNameOf(value)}`);
    case 'o':
      if (typeof value === 'bigint') return value.toString(8);
      if (value instanceof CelUint) return value.value.toString(8);
      throw new FormatError(`octal clause can only be used on integers, was given ${typeNameOf(value)}`);
    default:
      return hexadecimal(value, verb === 'X');
  }
}

function hexadecimal(value: Value, upper: boolean): string {
  const text = hexadecimalText(value);
  return upper ? text.toUpperCase() : text;
}

function hexadecimalText(value: Value): string {
  if (typeof value === 'bigint') return value.toString(16);
  if (value instanceof CelUint) return value.value.toString(16);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (bytes instanceof Uint8Array) return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  throw new FormatError(`only integers, byte buffers, and strings can be formatted as hex, was given ${typeNameOf(value)}`);
}

function fixed(value: Value, precision: number, name: string): string {
  const special: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity };
  const number = typeof value === 'string' ? special[value] : value;
  if (typeof number !== 'number') throw new FormatError(`${name} clause can only be used on doubles, was given ${typeNameOf(value)}`);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '∞' : '-∞';
  const digits = Math.min(precision, 100);
  if (name === 'fixed-point') {
    const [whole = '', fraction] = number.toFixed(digits).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
    return fraction === undefined ? grouped : `${grouped}.${fraction}`;
  }
  const [mantissa = '', exponent = '0'] = number.toExponential(digits).split('e');
  const power = String(Math.abs(Number(exponent))).padStart(2, '0');
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${superscript(power)}`;
}

function superscript(digits: string): string {
  return [...digits].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
}

/** A value as %s shows it. */
function plain(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof CelList) return listText(value);
  if (value instanceof CelMap) return mapText(value);
  if (value instanceof CelTypeValue) return value.name;
  const text = toText(value);
  if (typeof text === 'string') return text;
  if (text instanceof CelError) throw new FormatError(text.message);
  throw new FormatError(
    `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}

function listText(list: CelList): string {
  const parts: string[] = [];
  for (let index = 0; index < list.size; index++) parts.push(literal(list.get(index)));
  return `[${parts.join(', ')}]`;
}

function mapText(map: CelMap): string {
  const pairs = map.keys().map((key) => {
    if (typeof key !== 'string' && typeof key !== 'boolean' && typeof key !== 'bigint' && !(key instanceof CelUint)) {
      throw new FormatError(`no formatting function for map key of type ${typeNameOf(key)}`);
    }
    return [literal(key), literal(map.find(key) ?? null)] as const;
  });
  pairs.sort(([one], [other]) => compareText(one, other));
  return `{${pairs.map(([key, value]) => `${key}:${value}`).join(', ')}}`;
}

/** A value inside a list or map, as CEL would write it. */
function literal(value: Value): string {
  if (value instanceof CelError) throw new FormatError(value.message);
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(plain(value))}`;
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return '"NaN"';
    return Number.isFinite(value) ? value.toFixed(DEFAULT_PRECISION) : value > 0 ? '"+Inf"' : '"-Inf"';
  }
  if (value instanceof CelTimestamp) return `timestamp("${formatTimestamp(value)}")`;
  if (value instanceof CelDuration) return `duration("${formatDurationSeconds(value)}")`;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint' || value instanceof CelUint || value instanceof CelList || value instanceof CelMap || value instanceof CelTypeValue) {
    return plain(value);
  }
  throw new FormatError(`no formatting function for ${typeNameOf(value)}`);
}
