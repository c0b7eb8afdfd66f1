import { formatDurationSeconds, formatTimestamp, newDuration, newTimestamp, parseGoDuration, parseTimestamp } from './time.ts';
import { CelDuration, CelError, CelTimestamp, CelTypeValue, CelUint, typeNameOf, type Value } from './value.ts';

const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
const UINT_MAX = 2n ** 64n - 1n;

/** An int of 64 bits, or the error of an overflow. */
export function checkedInt(value: bigint): bigint | CelError {
  return value > INT_MAX || value < INT_MIN ? new CelError('integer overflow') : value;
}

/** A uint of 64 bits, or the error of an overflow. */
export function checkedUint(value: bigint): CelUint | CelError {
  return value > UINT_MAX || value < 0n ? new CelError('unsigned integer overflow') : new CelUint(value);
}

/** The functions bool, bytes, double, … by name; undefined: there is no such conversion. */
export const CONVERSIONS: Readonly<Record<string, (value: Value) => Value | undefined>> = {
  bool: toBool, bytes: toBytes, double: toDouble, duration: toDuration, dyn: (value) => value, int: toInt, string: toText, timestamp: toTimestamp,
  type: (value) => new CelTypeValue(typeNameOf(value)), uint: toUint,
};

function conversionError(to: string): CelError {
  return new CelError(`type conversion error from 'string' to '${to}'`);
}

function toBool(value: Value): Value | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
  return conversionError('bool');
}

function toBytes(value: Value): Value | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' ? new TextEncoder().encode(value) : undefined;
}

function toDouble(value: Value): Value | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (typeof value !== 'string') return undefined;
  if (/^[+-]?(?:inf|infinity)$/i.test(value)) return value.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(value)) return Number.NaN;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) return conversionError('double');
  const number = Number(value);
  return Number.isFinite(number) ? number : conversionError('double');
}

function toInt(value: Value): Value | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) && value > -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : new CelError('integer overflow');
  }
  if (value instanceof CelUint) return checkedInt(value.value);
  if (value instanceof CelDuration) return value.nanoseconds;
  if (value instanceof CelTimestamp) {
    const seconds = value.nanoseconds / 1_000_000_000n;
    return value.nanoseconds % 1_000_000_000n < 0n ? seconds - 1n : seconds;
  }
  if (typeof value !== 'string') return undefined;
  if (!/^[+-]?\d+$/.test(value)) return conversionError('int');
  const number = BigInt(value.replace('+', ''));
  return number > INT_MAX || number < INT_MIN ? conversionError('int') : number;
}

function toUint(value: Value): Value | undefined {
  if (value instanceof CelUint) return value;
  if (typeof value === 'bigint') return checkedUint(value);
  if (typeof value === 'number') {
    return Number.isFinite(value) && value >= 0 && value < 2 ** 64 ? new CelUint(BigInt(Math.trunc(value))) : new CelError('unsigned integer overflow');
  }
  if (typeof value !== 'string') return undefined;
  if (!/^\d+$/.test(value)) return conversionError('uint');
  const number = BigInt(value);
  return number > UINT_MAX ? conversionError('uint') : new CelUint(number);
}

/** The function string; undefined where there is no text for such a value. */
export function toText(value: Value): Value | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return goNumber(value, G_EXPONENT);
    default:
      if (value instanceof CelUint) return String(value.value);
      if (value instanceof CelDuration) return formatDurationSeconds(value);
      if (value instanceof CelTimestamp) return formatTimestamp(value);
      if (!(value instanceof Uint8Array)) return undefined;
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
      } catch {
        return new CelError('invalid UTF-8 in bytes, cannot convert to string');
      }
  }
}

function toDuration(value: Value): Value | undefined {
  if (value instanceof CelDuration) return value;
  if (typeof value === 'bigint') return newDuration(value);
  if (typeof value !== 'string') return undefined;
  const nanoseconds = parseGoDuration(value);
  return nanoseconds === undefined ? conversionError('google.protobuf.Duration') : newDuration(nanoseconds);
}

function toTimestamp(value: Value): Value | undefined {
  if (value instanceof CelTimestamp) return value;
  if (typeof value === 'bigint') return newTimestamp(value * 1_000_000_000n);
  if (typeof value !== 'string') return undefined;
  const nanoseconds = parseTimestamp(value);
  if (nanoseconds !== undefined) return newTimestamp(nanoseconds);
  return conversionError('google.protobuf.Timestamp');
}

/** A text as Go's %q shows it. */
export function goQuote(text: string): string {
  return JSON.stringify(text).replaceAll('\\b', '\\b').replace(/\\u00([0-9a-f]{2})/g, '\\x$1');
}

/** From which power of ten on Go's %g uses an exponent, and its %v. */
const G_EXPONENT = 6;
const V_EXPONENT = 21;

/** A number as Go's %g shows it, or %v with its later exponent. */
export function goNumber(value: number, exponentFrom = V_EXPONENT): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < exponentFrom) return String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** A value as errors show it. Kubernetes: Go's %v of a ref.Val. */
export function shown(value: Value): string {
  const text = typeof value === 'number' ? goNumber(value) : toText(value);
  return typeof text === 'string' ? text : value === null ? 'null' : typeNameOf(value);
}
