import { isJsonObject } from './json.ts';

/**
 * Orders a merged list: items that the patch names come in the patch's order, the others in the order they had, and each
 * of the others stays before the first named item that it stood before. The same list where it is in order already.
 * Kubernetes: strategicpatch, normalizeElementOrder and mergeSortedSlice.
 */
export function orderByPatch(merged: readonly unknown[], order: readonly unknown[], before: readonly unknown[], mergeKey: string | undefined): readonly unknown[] {
  const inOrder = indexById(order, mergeKey);
  const inBefore = indexById(before, mergeKey);
  const named: unknown[] = [];
  const others: unknown[] = [];
  for (const item of merged) (inOrder.has(idOf(item, mergeKey)) ? named : others).push(item);
  const by = (index: ReadonlyMap<unknown, number>) => (a: unknown, b: unknown) =>
    (index.get(idOf(a, mergeKey)) ?? index.size) - (index.get(idOf(b, mergeKey)) ?? index.size);
  named.sort(by(inOrder));
  others.sort(by(inBefore));

  const result: unknown[] = [];
  let other = 0;
  let next = 0;
  while (other < others.length && next < named.length) {
    const otherAt = inBefore.get(idOf(others[other], mergeKey));
    const namedAt = inBefore.get(idOf(named[next], mergeKey));
    if (otherAt !== undefined && namedAt !== undefined && otherAt < namedAt) result.push(others[other++]);
    else result.push(named[next++]);
  }
  for (const item of named.slice(next)) result.push(item);
  for (const item of others.slice(other)) result.push(item);
  return result.every((item, index) => item === merged[index]) ? merged : result;
}

function indexById(items: readonly unknown[], mergeKey: string | undefined): ReadonlyMap<unknown, number> {
  const index = new Map<unknown, number>();
  items.forEach((item, at) => {
    const id = idOf(item, mergeKey);
    if (!index.has(id)) index.set(id, at);
  });
  return index;
}

/** What identifies an item: a scalar itself, or an object's merge key; keys are scalars. */
function idOf(item: unknown, mergeKey: string | undefined): unknown {
  return mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item;
}
