import { dateOfDays, daysOfDate } from '../base/index.ts';

/** A moment in UTC, taken apart. */
export interface CalendarTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  /** 1 to 366. */
  readonly dayOfYear: number;
}

const dayMs = 86_400_000;

/** Takes milliseconds since 1970 UTC apart. */
function toCalendar(timeMs: number): CalendarTime {
  const days = Math.floor(timeMs / dayMs);
  let rest = Math.floor(timeMs - days * dayMs);
  const date = dateOfDays(days);
  const millisecond = rest % 1000;
  rest = Math.floor(rest / 1000);
  return {
    ...date,
    hour: Math.floor(rest / 3600), minute: Math.floor(rest / 60) % 60, second: rest % 60, millisecond,
    weekday: (((days + 4) % 7) + 7) % 7,
    dayOfYear: days - daysOfDate(date.year, 1, 1) + 1,
  };
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** strftime in the C locale and UTC; unknown letters are left as they are. */
export function formatCalendar(format: string, timeMs: number): string {
  const time = toCalendar(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const weekday = weekdays[time.weekday] ?? '';
  const month = months[time.month - 1] ?? '';
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => {
    switch (letter) {
      case 'Y': return String(time.year);
      case 'y': return two(time.year % 100);
      case 'm': return two(time.month);
      case 'd': return two(time.day);
      case 'e': return String(time.day).padStart(2, ' ');
      case 'H': return two(time.hour);
      case 'I': return two(hour12);
      case 'M': return two(time.minute);
      case 'S': return two(time.second);
      case 'N': return `${String(time.millisecond).padStart(3, '0')}000000`;
      case 'j': return String(time.dayOfYear).padStart(3, '0');
      case 'a': return weekday.slice(0, 3);
      case 'A': return weekday;
      case 'b': case 'h': return month.slice(0, 3);
      case 'B': return month;
      case 'p': return time.hour < 12 ? 'AM' : 'PM';
      case 's': return String(Math.floor(timeMs / 1000));
      case 'u': return String(time.weekday === 0 ? 7 : time.weekday);
      case 'w': return String(time.weekday);
      case 'Z': return 'UTC';
      case 'z': return '+0000';
      case 'n': return '\n';
      case 't': return '\t';
      case 'F': return `${time.year}-${two(time.month)}-${two(time.day)}`;
      case 'T': return `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
      case 'R': return `${two(time.hour)}:${two(time.minute)}`;
      case 'D': return `${two(time.month)}/${two(time.day)}/${two(time.year % 100)}`;
      case 'c': return `${weekday.slice(0, 3)} ${month.slice(0, 3)} ${String(time.day).padStart(2, ' ')} ${two(time.hour)}:${two(time.minute)}:${two(time.second)} ${time.year}`;
      case '%': return '%';
      default: return whole;
    }
  });
}

/** RFC 3339 with nine digits, as containerd stamps log lines. */
export function formatLogTime(timeMs: number): string {
  return formatCalendar('%Y-%m-%dT%H:%M:%S.%NZ', timeMs);
}
