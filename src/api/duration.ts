/** A span of time as kubectl's AGE column shows it, e.g. 45s, 5m12s, 3h20m, 2d4h. Kubernetes: apimachinery/pkg/util/duration, HumanDuration. */
export function formatAge(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  // Two clocks may differ a little, so that up to two seconds in the future count as now.
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return `${minutes}m${unlessZero(seconds % 60, 's')}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return `${hours}h${unlessZero(minutes % 60, 'm')}`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return `${days}d${unlessZero(hours % 24, 'h')}`;
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 24 * 365 * 8) return `${years}y${unlessZero(days % 365, 'd')}`;
  return `${years}y`;
}

function unlessZero(count: number, unit: string): string {
  return count === 0 ? '' : `${count}${unit}`;
}

const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a Go duration such as 1h30m or 300ms; NaN where it is none. Go: time.ParseDuration. */
export function parseDuration(text: string): number {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return text === '0' || text === '+0' || text === '-0' ? 0 : Number.NaN;
  let ms = 0;
  for (const [, count, unit] of (match[2] ?? '').matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) ms += Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  return match[1] === '-' ? -ms : ms;
}

/** What is said of a text that parseDuration does not take. Go: time.ParseDuration. */
export function durationProblem(text: string): string {
  const quoted = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  while (rest !== '') {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) break;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return `time: missing unit in duration ${quoted}`;
    if (!/^(ns|us|µs|μs|ms|s|m|h)$/.test(unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(unit.length);
  }
  return `time: invalid duration ${quoted}`;
}

/** The text of a Go duration, e.g. 1h30m0s, 1.5s, 300ms, 0s. Go: time.Duration.String. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const nanos = Math.round(Math.abs(ms) * 1e6);
  if (nanos < 1e3) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${nanos / 1e3}µs`;
  if (nanos < 1e9) return `${sign}${nanos / 1e6}ms`;
  const minutes = Math.floor(nanos / 60e9);
  const seconds = (nanos - minutes * 60e9) / 1e9;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${seconds}s`;
}
