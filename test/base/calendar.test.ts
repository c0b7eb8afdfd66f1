import { expect, it } from 'vitest';
import { dateOfDays, daysOfDate } from '../../src/base/index.ts';

it('counts days as the platform does, from before year 1 to after year 9999, also for months and days out of range', () => {
  const wrong: unknown[] = [];
  for (let days = -1_000_000; days <= 3_000_000; days += 97) {
    const date = new Date(days * 86_400_000);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const found = dateOfDays(days);
    const back = [daysOfDate(year, month, day), daysOfDate(year - 1, month + 12, day), daysOfDate(year + 2, month - 24, day), daysOfDate(year, month, 1) + day - 1];
    if (found.year !== year || found.month !== month || found.day !== day || back.some((each) => each !== days)) wrong.push({ days, found, back });
  }
  expect(wrong).toEqual([]);
});
