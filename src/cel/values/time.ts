import { dateOfDays, daysOfDate } from '../../base/index.ts';
import { CelDuration, CelError, CelTimestamp } from './value.ts';

const SECOND = 1_000_000_000n;
const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
/** The first second of year 1, and the last of year 9999. */
const TIMESTAMP_MIN = -62_135_596_800n * SECOND;
const TIMESTAMP_MAX = 253_402_300_799n * SECOND + 999_999_999n;
const DAY_SECONDS = 86_400n;

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n, us: 1000n, 'µs': 1000n, 'μs': 1000n, ms: 1_000_000n, s: SECOND, m: 60n * SECOND, h: 3600n * SECOND,
};

/** A duration of so many nanoseconds, or the error of an overflow. */
export function newDuration(nanoseconds: bigint): CelDuration | CelError {
  return nanoseconds > INT_MAX || nanoseconds < INT_MIN ? new CelError('integer overflow') : new CelDuration(nanoseconds);
}

/** A point in time between the years 1 and 9999, or the error of an overflow. */
export function newTimestamp(nanoseconds: bigint): CelTimestamp | CelError {
  return nanoseconds > TIMESTAMP_MAX || nanoseconds < TIMESTAMP_MIN ? new CelError('timestamp overflow') : new CelTimestamp(nanoseconds);
}

/** Reads 1h30m, -1.5s. Kubernetes: Go's time.ParseDuration. */
export function parseGoDuration(text: string): bigint | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (match === null) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = UNITS[unit] ?? 0n;
    total += BigInt(whole || '0') * size;
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
  }
  return match[1] === '-' ? -total : total;
}

/** As CEL shows a duration: seconds. */
export function formatDurationSeconds(duration: CelDuration): string {
  return `${shortestDecimal(Number(duration.nanoseconds / SECOND) + Number(duration.nanoseconds % SECOND) / 1e9)}s`;
}

/** A number without an exponent, as short as can be. */
function shortestDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', first = '', rest = '', exponent = '0'] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

/** A calendar date and time of day. */
export interface CivilTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** Days since 1970. */
  readonly epochDay: number;
}

/** What the calendar says at so many nanoseconds since 1970 in UTC. */
export function civilTime(nanoseconds: bigint): CivilTime {
  const seconds = floorDivide(nanoseconds, SECOND);
  const epochDay = Number(floorDivide(seconds, DAY_SECONDS));
  const inDay = Number(seconds - BigInt(epochDay) * DAY_SECONDS);
  return {
    ...dateOfDays(epochDay),
    hour: Math.floor(inDay / 3600), minute: Math.floor(inDay / 60) % 60, second: inDay % 60, nanosecond: Number(nanoseconds - seconds * SECOND), epochDay,
  };
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:([Zz])|([+-])(\d{2}):(\d{2}))$/;

/** Reads an RFC 3339 time into nanoseconds since 1970. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetHours = Number(match[10] ?? 0);
  const offsetMinutes = Number(match[11] ?? 0);
  if (offsetHours > 24 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * 60 * (match[9] === '-' ? -1 : 1);
  const seconds = BigInt(daysOfDate(year, month, day)) * DAY_SECONDS + BigInt(hour * 3600 + minute * 60 + second - offset);
  return seconds * SECOND + BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'));
}

/** True where the calendar has such a day. */
export function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= ([31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0);
}

/** RFC 3339 in UTC with as many decimals as are needed. */
export function formatTimestamp(timestamp: CelTimestamp): string {
  const { year, month, day, hour, minute, second, nanosecond } = civilTime(timestamp.nanoseconds);
  const pad = (value: number, width = 2) => String(value).padStart(width, '0');
  const fraction = nanosecond === 0 ? '' : `.${pad(nanosecond, 9).replace(/0+$/, '')}`;
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}${fraction}Z`;
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
