import { durationProblem, parseDuration } from '../duration.ts';
import { nextActivation, type CronField } from './cron-next.ts';
import { loadTimeZone, utc, type TimeZone } from './time-zone.ts';

/** When a CronJob runs. */
export interface CronSchedule {
  /** The first run after a moment, in ms since 1970; undefined where there is none in five years. */
  next(afterMs: number): number | undefined;
}

/** A schedule, or what is wrong with its text in upstream's words. */
export type ParsedSchedule = { readonly schedule: CronSchedule } | { readonly error: string };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: ReadonlyMap<string, number>;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minutes: Bounds = { min: 0, max: 59 };
const hours: Bounds = { min: 0, max: 23 };
const daysOfMonth: Bounds = { min: 1, max: 31 };
const months: Bounds = { min: 1, max: 12, names: new Map(monthNames.map((name, index) => [name, index + 1])) };
const daysOfWeek: Bounds = { min: 0, max: 6, names: new Map(dayNames.map((name, index) => [name, index])) };

class ScheduleError extends Error {}

/**
 * Reads a schedule such as `30 2 * * mon-fri`, `@daily`, `@every 90m`, with `TZ=Asia/Tokyo ` or `CRON_TZ=…` in front
 * where it is meant in that zone; in UTC otherwise. Go: robfig/cron v3, ParseStandard; Kubernetes: ParseCronScheduleWithPanicRecovery.
 */
export function parseCronSchedule(text: string): ParsedSchedule {
  try {
    return { schedule: parse(text) };
  } catch (error) {
    if (error instanceof ScheduleError) return { error: error.message };
    throw error;
  }
}

function parse(text: string): CronSchedule {
  if (text === '') throw new ScheduleError('empty spec string');
  let spec = text;
  let zone = utc;
  if (text.startsWith('TZ=') || text.startsWith('CRON_TZ=')) {
    const space = text.indexOf(' ');
    if (space < 0) throw new ScheduleError('invalid schedule format: runtime error: slice bounds out of range [:-1]');
    zone = zoneOf(text.slice(text.indexOf('=') + 1, space));
    spec = text.slice(space).trim();
  }
  if (spec.startsWith('@')) return parseDescriptor(spec, zone);
  const fields = spec.split(/\s+/u).filter((field) => field !== '');
  if (fields.length !== 5) throw new ScheduleError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as [string, string, string, string, string];
  return ofFields({
    minute: parseField(minute, minutes), hour: parseField(hour, hours), dayOfMonth: parseField(dayOfMonth, daysOfMonth),
    month: parseField(month, months), dayOfWeek: parseField(dayOfWeek, daysOfWeek), zone,
  });
}

function ofFields(fields: Parameters<typeof nextActivation>[0]): CronSchedule {
  return { next: (afterMs) => nextActivation(fields, afterMs) };
}

function zoneOf(name: string): TimeZone {
  if (name.includes('..') || name.startsWith('/') || name.startsWith('\\')) throw new ScheduleError(`provided bad location ${name}: time: invalid location name`);
  const zone = name === 'Local' ? utc : loadTimeZone(name);
  if (zone === undefined) throw new ScheduleError(`provided bad location ${name}: unknown time zone ${name}`);
  return zone;
}

/** @daily and its like: the fields that they stand for. */
const descriptors: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'], ['@annually', '0 0 1 1 *'], ['@monthly', '0 0 1 * *'], ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'], ['@midnight', '0 0 * * *'], ['@hourly', '0 * * * *'],
]);
const every = '@every ';

function parseDescriptor(descriptor: string, zone: TimeZone): CronSchedule {
  const fields = descriptors.get(descriptor);
  if (fields !== undefined) {
    const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.split(' ') as [string, string, string, string, string];
    return ofFields({
      minute: parseField(minute, minutes), hour: parseField(hour, hours), dayOfMonth: parseField(dayOfMonth, daysOfMonth),
      month: parseField(month, months), dayOfWeek: parseField(dayOfWeek, daysOfWeek), zone,
    });
  }
  if (!descriptor.startsWith(every)) throw new ScheduleError(`unrecognized descriptor: ${descriptor}`);
  const text = descriptor.slice(every.length);
  const ms = parseDuration(text);
  if (Number.isNaN(ms)) throw new ScheduleError(`failed to parse duration ${descriptor}: ${durationProblem(text)}`);
  const delayMs = Math.max(1000, Math.floor(ms / 1000) * 1000);
  return { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + delayMs };
}

function parseField(text: string, bounds: Bounds): CronField {
  const values = new Set<number>();
  let isStar = false;
  for (const expression of text.split(',').filter((part) => part !== '')) {
    if (addRange(expression, bounds, values)) isStar = true;
  }
  return { values, isStar };
}

/** Adds the values of one expression (5, 1-5, * /10, mon-fri/2); true where it is an unrestricted star. */
function addRange(expression: string, bounds: Bounds, values: Set<number>): boolean {
  const rangeAndStep = expression.split('/');
  const lowAndHigh = (rangeAndStep[0] ?? '').split('-');
  const [low = '', high] = lowAndHigh;
  let isStar = low === '*' || low === '?';
  const start = isStar ? bounds.min : parseValue(low, bounds);
  let end = isStar ? bounds.max : start;
  if (!isStar && lowAndHigh.length === 2) end = parseValue(high ?? '', bounds);
  if (!isStar && lowAndHigh.length > 2) throw new ScheduleError(`too many hyphens: ${expression}`);
  if (rangeAndStep.length > 2) throw new ScheduleError(`too many slashes: ${expression}`);
  let step = 1;
  if (rangeAndStep.length === 2) {
    step = parseNumber(rangeAndStep[1] ?? '');
    if (lowAndHigh.length === 1) end = bounds.max;
    if (step > 1) isStar = false;
  }
  if (start < bounds.min) throw new ScheduleError(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`);
  if (end > bounds.max) throw new ScheduleError(`end of range (${end}) above maximum (${bounds.max}): ${expression}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${expression}`);
  for (let value = start; value <= end; value += step) values.add(value);
  return isStar;
}

function parseValue(text: string, bounds: Bounds): number {
  return bounds.names?.get(text.toLowerCase()) ?? parseNumber(text);
}

const intMax = 9_223_372_036_854_775_807n;

function parseNumber(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > intMax || value < -intMax - 1n) throw new ScheduleError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  if (value < 0n) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}
