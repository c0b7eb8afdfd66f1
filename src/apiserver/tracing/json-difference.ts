import { jsonEqual } from '../../base/index.ts';

/** One step of a JSON patch. */
export interface DifferenceStep {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

/** The JSON patch (RFC 6902) that makes after of before: fields one by one, lists that only grew by what was added, other lists as a whole. */
export function jsonDifference(before: unknown, after: unknown, path = ''): readonly DifferenceStep[] {
  if (before === after || jsonEqual(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const steps: DifferenceStep[] = [];
    for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) steps.push({ op: 'remove', path: `${path}/${escaped(key)}` });
    for (const [key, value] of Object.entries(after)) {
      if (value === undefined) continue;
      const own = `${path}/${escaped(key)}`;
      if (Object.hasOwn(before, key) && before[key] !== undefined) steps.push(...jsonDifference(before[key], value, own));
      else steps.push({ op: 'add', path: own, value });
    }
    return steps;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    if (before.length === after.length) return after.flatMap((value, index) => jsonDifference(before[index], value, `${path}/${index}`));
    if (before.length < after.length && before.every((value, index) => jsonEqual(value, after[index]))) {
      return after.slice(before.length).map((value: unknown) => ({ op: 'add', path: `${path}/-`, value }));
    }
  }
  return [{ op: 'replace', path, value: after }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Kubernetes' and everybody's: RFC 6901. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
