// Civil time in a time zone, by what the platform knows of zones, with Go's choices where the clock jumps.

import { dateOfDays, daysOfDate } from '../../base/index.ts';

const dayMs = 86_400_000;

/** A moment as a calendar in some zone shows it. */
export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** Turns moments (ms since 1970) to civil time and back. */
export interface TimeZone {
  civil(ms: number): CivilTime;
  /** Parts may be out of their range, as month 13 is. In a gap or an overlap Go's choice. Go: time.Date. */
  instant(year: number, month: number, day: number, hour: number, minute: number, second: number): number;
}

/** A zone by its IANA name; undefined where there is none of that name. Go: time.LoadLocation. */
export function loadTimeZone(name: string): TimeZone | undefined {
  if (name === '' || name === 'UTC') return utc;
  if (/^[+-]/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', era: 'short',
    });
  } catch {
    return undefined;
  }
  // names are spelt one way only, which the platform does not mind
  const { timeZone } = format.resolvedOptions();
  if (timeZone !== name && timeZone.toLowerCase() === name.toLowerCase()) return undefined;
  return zoneOf((ms) => offsetMs(format, ms));
}

/** Coordinated universal time. */
export const utc: TimeZone = zoneOf(() => 0);

function zoneOf(offsetAt: (ms: number) => number): TimeZone {
  return {
    civil: (ms) => civilOf(ms + offsetAt(ms)),
    instant(year, month, day, hour, minute, second) {
      const local = daysOfDate(year, month, day) * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000;
      return local - offsetAt(local - offsetAt(local));
    },
  };
}

function offsetMs(format: Intl.DateTimeFormat, ms: number): number {
  const whole = Math.floor(ms / 1000) * 1000;
  const parts: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(whole)) parts[type] = value;
  const number = (name: string) => Number(parts[name] ?? 0);
  const year = parts['era'] === 'BC' ? 1 - number('year') : number('year');
  const local = daysOfDate(year, number('month'), number('day')) * dayMs + number('hour') * 3_600_000 + number('minute') * 60_000 + number('second') * 1000;
  return local - whole;
}

function civilOf(localMs: number): CivilTime {
  const days = Math.floor(localMs / dayMs);
  const seconds = Math.floor((localMs - days * dayMs) / 1000);
  return {
    ...dateOfDays(days),
    hour: Math.floor(seconds / 3600), minute: Math.floor(seconds / 60) % 60, second: seconds % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}
