import { daysOfDate } from '../../base/index.ts';
import { civilTime, type CivilTime } from '../values/time.ts';
import { CelDuration, CelError, CelTimestamp } from '../values/value.ts';
import type { CelFunction } from './call.ts';

const SECOND = 1_000_000_000n;

/** Parts of times and durations. Kubernetes: cel-go common/types/timestamp.go and duration.go. */
export const TIME_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  getFullYear: part((time) => time.year),
  getMonth: part((time) => time.month - 1),
  getDayOfYear: part((time) => time.epochDay - daysOfDate(time.year, 1, 1)),
  getDayOfMonth: part((time) => time.day - 1),
  getDate: part((time) => time.day),
  getDayOfWeek: part((time) => (((time.epochDay + 4) % 7) + 7) % 7),
  getHours: part((time) => time.hour, 3600n * SECOND),
  getMinutes: part((time) => time.minute, 60n * SECOND),
  getSeconds: part((time) => time.second, SECOND),
  getMilliseconds: part((time) => Math.floor(time.nanosecond / 1e6), 1_000_000n),
};

function part(of: (time: CivilTime) => number, durationUnit?: bigint): CelFunction {
  return ([value, zone]) => {
    if (value instanceof CelDuration && durationUnit !== undefined && zone === undefined) return value.nanoseconds / durationUnit;
    if (!(value instanceof CelTimestamp)) return undefined;
    if (zone === undefined) return BigInt(of(civilTime(value.nanoseconds)));
    if (typeof zone !== 'string') return undefined;
    const offset = zoneOffsetSeconds(zone, value);
    return offset instanceof CelError ? offset : BigInt(of(civilTime(value.nanoseconds + BigInt(offset) * SECOND)));
  };
}

/** Seconds east of UTC: from +hh:mm, or by the rules of a named zone. */
function zoneOffsetSeconds(zone: string, at: CelTimestamp): number | CelError {
  if (zone === '' || zone === 'UTC') return 0;
  const fixed = /^([+-]?)(\d{1,2}):(\d{1,2})$/.exec(zone);
  if (fixed !== null) return (Number(fixed[2]) * 60 + Number(fixed[3])) * 60 * (fixed[1] === '-' ? -1 : 1);
  if (zone.includes(':')) return new CelError(`strconv.Atoi: parsing "${zone.split(':')[0]}": invalid syntax`);
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', era: 'short',
    });
    const seconds = Number(at.nanoseconds / SECOND);
    const parts = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]));
    const field = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name) ?? 0);
    const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year');
    return daysOfDate(year, field('month'), field('day')) * 86_400 + field('hour') * 3600 + field('minute') * 60 + field('second') - seconds;
  } catch {
    return new CelError(`unknown time zone ${zone}`);
  }
}
