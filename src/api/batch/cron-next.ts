import type { TimeZone } from './time-zone.ts';

/** The values of one field that match. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** Written as * or ?: of the two fields for days such a one leaves the choice to the other. */
  readonly isStar: boolean;
}

/** The five fields of a schedule and the zone in which they are meant. */
export interface CronFields {
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
  readonly zone: TimeZone;
}

const yearsMax = 5;

/**
 * The next moment after afterMs at which the fields match, also across changes of the clock; undefined where there is
 * none within five years. Go: robfig/cron, SpecSchedule.Next.
 */
export function nextActivation(fields: CronFields, afterMs: number): number | undefined {
  const { zone } = fields;
  let ms = Math.floor(afterMs / 1000) * 1000 + 1000;
  const yearMax = zone.civil(ms).year + yearsMax;
  // once a field was moved, those below start from their lowest value
  let moved = false;
  for (;;) {
    let now = zone.civil(ms);
    if (now.year > yearMax) return undefined;
    let wrapped = false;
    while (!wrapped && !fields.month.values.has(now.month)) {
      if (!moved) ms = zone.instant(now.year, now.month, 1, 0, 0, 0);
      moved = true;
      ms = addToDate(zone, ms, 1, 0);
      now = zone.civil(ms);
      wrapped = now.month === 1;
    }
    while (!wrapped && !dayMatches(fields, now)) {
      if (!moved) ms = zone.instant(now.year, now.month, now.day, 0, 0, 0);
      moved = true;
      ms = addToDate(zone, ms, 0, 1);
      now = zone.civil(ms);
      // where midnight is skipped or comes twice
      if (now.hour !== 0) ms += (now.hour > 12 ? 24 - now.hour : -now.hour) * 3_600_000;
      now = zone.civil(ms);
      wrapped = now.day === 1;
    }
    while (!wrapped && !fields.hour.values.has(now.hour)) {
      if (!moved) ms = zone.instant(now.year, now.month, now.day, now.hour, 0, 0);
      moved = true;
      ms += 3_600_000;
      now = zone.civil(ms);
      wrapped = now.hour === 0;
    }
    while (!wrapped && !fields.minute.values.has(now.minute)) {
      if (!moved) ms = Math.floor(ms / 60_000) * 60_000;
      moved = true;
      ms += 60_000;
      now = zone.civil(ms);
      wrapped = now.minute === 0;
    }
    while (!wrapped && now.second !== 0) {
      moved = true;
      ms += 1000;
      now = zone.civil(ms);
      wrapped = now.second === 0;
    }
    if (!wrapped) return ms;
  }
}

function addToDate(zone: TimeZone, ms: number, months: number, days: number): number {
  const { year, month, day, hour, minute, second } = zone.civil(ms);
  return zone.instant(year, month + months, day + days, hour, minute, second);
}

/** Where both fields for days are restricted, either of them is enough. */
function dayMatches(fields: CronFields, now: { readonly day: number; readonly weekday: number }): boolean {
  const inMonth = fields.dayOfMonth.values.has(now.day);
  const inWeek = fields.dayOfWeek.values.has(now.weekday);
  return fields.dayOfMonth.isStar || fields.dayOfWeek.isStar ? inMonth && inWeek : inMonth || inWeek;
}
