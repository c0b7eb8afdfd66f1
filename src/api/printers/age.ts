import { formatAge } from '../duration.ts';
import { parseTime } from '../time.ts';

/** Time since timestamp as kubectl shows it (5m12s), or <unknown> where there is none. Kubernetes: translateTimestampSince. */
export function ageText(timestamp: string | null | undefined, nowMs: number): string {
  if (timestamp === undefined || timestamp === null || timestamp === '') return '<unknown>';
  return formatAge(nowMs - parseTime(timestamp));
}
