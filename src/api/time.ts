// Times in Kubernetes objects are RFC 3339 strings in UTC; inside Drydock a time is milliseconds since 1970.
// This is the only file that may use Date, and only to turn one into the other.

export { formatAge } from './duration.ts';

let lastSecond = Number.NaN;
let lastText = '';

/** The text of a metav1.Time: second precision, e.g. 2026-01-02T03:04:05Z. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  // Writes come in bursts within one second, so that the last text is nearly always the one wanted.
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}

/** The text of a metav1.MicroTime, e.g. 2026-01-02T03:04:05.678000Z. The clock's fractions of a millisecond are kept. */
export function formatMicroTime(ms: number): string {
  const micros = Math.floor((ms - Math.floor(ms / 1000) * 1000) * 1000);
  return `${formatTime(ms).slice(0, 19)}.${String(micros).padStart(6, '0')}Z`;
}

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})([.,]\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds (with fractions, where the text has them) of an RFC 3339 text; NaN where it is none. */
export function parseTime(text: string): number {
  const match = RFC_3339.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > daysOf(Number(year), Number(month))) return Number.NaN;
  const whole = Date.parse(`${text.slice(0, 19)}${zone}`);
  if (fraction === undefined) return whole;
  return whole + Number(`0.${fraction.slice(1)}`) * 1000;
}

/** Milliseconds of a time in an object; undefined where the field is absent, null or not a time. */
export function parseOptionalTime(text: string | null | undefined): number | undefined {
  if (text === undefined || text === null) return undefined;
  const ms = parseTime(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * A time as the API server stores it: in UTC, with second precision ('time') or six digits ('micro').
 * The same string where it has that form already; undefined where it is no time. Kubernetes: metav1.Time.MarshalJSON.
 */
export function canonicalTime(text: string, precision: 'time' | 'micro'): string | undefined {
  if (precision === 'time' && text.length === 20 && text.endsWith('Z')) return Number.isNaN(parseTime(text)) ? undefined : text;
  const ms = parseTime(text);
  if (Number.isNaN(ms)) return undefined;
  if (precision === 'time') return formatTime(ms);
  const fraction = /[.,](\d+)/.exec(text)?.[1] ?? '';
  return `${formatTime(ms).slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
