/** The number of indexes that a list such as 0,2-4,7 names, or what is wrong with it. Kubernetes: batch validation, validateIndexesFormat. */
export function countIndexes(text: string, completions: number): { readonly count: number } | { readonly error: string } {
  if (text === '') return { count: 0 };
  let last: number | undefined;
  let count = 0;
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions);
    if ('error' in interval) return interval;
    if (last !== undefined && last >= interval.first) return { error: `non-increasing order, previous: ${last}, current: ${interval.first}` };
    count += interval.last - interval.first + 1;
    last = interval.last;
  }
  return { count };
}

interface Interval {
  readonly first: number;
  readonly last: number;
}

/** Kubernetes: batch validation, parseIndexInterval. */
function parseInterval(text: string, completions: number): Interval | { readonly error: string } {
  const limits = text.split('-');
  if (limits.length > 2) return { error: `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'` };
  const values: number[] = [];
  for (const limit of limits) {
    if (!/^[+-]?[0-9]{1,18}$/.test(limit)) return { error: `cannot convert string to integer for index: ${JSON.stringify(limit)}` };
    const value = Number(limit);
    if (value >= completions) return { error: `too large index: ${JSON.stringify(limit)}` };
    values.push(value);
  }
  const [first = 0, last = first] = values;
  if (limits.length === 2 && first >= last) return { error: `non-increasing order, previous: ${first}, current: ${last}` };
  return { first, last };
}

/** What two lists of indexes have in common, as an error's text; undefined where nothing. Parts that can't be read are passed over. Kubernetes: validateFailedIndexesNotOverlapCompleted. */
export function overlapText(completed: string, failed: string, completions: number): string | undefined {
  if (completed === '' || failed === '') return undefined;
  const intervals = (text: string) => text.split(',').map((part) => parseInterval(part, completions)).filter((part): part is Interval => !('error' in part));
  const left = intervals(completed);
  const right = intervals(failed);
  let at = 0;
  let other = 0;
  while (at < left.length && other < right.length) {
    const one = left[at] as Interval;
    const two = right[other] as Interval;
    if (one.first <= two.last && two.first <= one.last) return `failedIndexes and completedIndexes overlap at index: ${Math.max(one.first, two.first)}`;
    if (one.first <= two.first) at += 1;
    else other += 1;
  }
  return undefined;
}
