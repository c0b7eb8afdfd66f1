import { jsonEqual } from '../../../base/index.ts';
import type { Field, ListSchema, Schema } from '../../schema/schema.ts';
import { isJsonObject, ownValue, setOwn } from '../json.ts';
import { EMPTY_SET, type FieldSet, isEmptySet } from './field-set.ts';
import { isEmptyValue, itemPathElement, schemaOfField, shapeOf } from './shape.ts';

/** Lays an applied configuration over the live object; shares what does not change. Kubernetes: structured-merge-diff, TypedValue.Merge. */
export function mergeApplied(live: unknown, applied: unknown, schema: Schema): unknown {
  return mergeValues(live, applied, schema, undefined);
}

function mergeValues(live: unknown, applied: unknown, schema: Schema, field: Field | undefined): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null || applied === null) return applied;
  const shape = shapeOf(applied, schema, field);
  if (shape.kind === 'items' && Array.isArray(live) && Array.isArray(applied)) return mergeItems(live, applied, shape.list);
  if (shape.kind !== 'fields' || !isJsonObject(live) || !isJsonObject(applied)) return jsonEqual(live, applied) ? live : applied;
  let result: Record<string, unknown> | undefined;
  for (const key in applied) {
    const child = schemaOfField(schema, key);
    if (child === undefined) continue;
    const before = ownValue(live, key);
    const after = mergeValues(before, applied[key], child.schema, child.field);
    if (after === before) continue;
    result ??= { ...live };
    setOwn(result, key, after);
  }
  return result ?? live;
}

/**
 * Merges lists whose items have identities: the applied order wins among applied items, live items keep their place
 * between them. Kubernetes: structured-merge-diff, mergingWalker.visitListItems.
 */
function mergeItems(live: readonly unknown[], applied: readonly unknown[], list: ListSchema): readonly unknown[] {
  const liveElements = live.map((item) => itemPathElement(item, list) ?? '');
  const appliedElements = applied.map((item) => itemPathElement(item, list) ?? '');
  const liveItems = new Map(liveElements.map((element, index) => [element, live[index]]));
  const appliedItems = new Map(appliedElements.map((element, index) => [element, applied[index]]));
  const shared = appliedElements.filter((element) => liveItems.has(element));
  const merged = new Set<string>();
  const result: unknown[] = [];
  let nextShared = shared.shift();

  const mergeAt = (element: string): void => {
    merged.add(element);
    result.push(mergeValues(liveItems.get(element), appliedItems.get(element), list.items, undefined));
  };
  for (let left = 0, right = 0; left < live.length || right < applied.length; ) {
    const leftElement = liveElements[left];
    const rightElement = appliedElements[right];
    if (leftElement !== undefined && rightElement !== undefined) {
      if (leftElement === rightElement) {
        mergeAt(rightElement);
        left++;
        right++;
        nextShared = shared.shift();
        continue;
      }
      if (appliedItems.has(leftElement) && nextShared !== undefined && nextShared !== leftElement) {
        left++; // an applied item, whose turn comes later
        continue;
      }
    }
    if (leftElement !== undefined) {
      if (!appliedItems.has(leftElement)) {
        result.push(live[left]);
        left++;
        continue;
      }
      if (merged.has(leftElement)) left++;
    }
    if (rightElement !== undefined) {
      mergeAt(rightElement);
      right++;
      if (nextShared === rightElement) nextShared = shared.shift();
    }
  }
  return result.length === live.length && result.every((item, index) => item === live[index]) ? live : result;
}

/** The value without the members of a set and what is below them; shares what stays. Kubernetes: structured-merge-diff, TypedValue.RemoveItems. */
export function removeFields(value: unknown, set: FieldSet, schema: Schema): unknown {
  if (isEmptySet(set)) return value;
  if (schema.type === 'list') return Array.isArray(value) ? removeItems(value, set, schema) : value;
  if (!isJsonObject(value)) return value;
  let result: Record<string, unknown> | undefined;
  for (const element in set) {
    const key = element.slice(2);
    const before = ownValue(value, key);
    if (!element.startsWith('f:') || before === undefined) continue;
    const after = isMember(set[element]) ? undefined : removeFields(before, set[element] ?? EMPTY_SET, schemaOfField(schema, key)?.schema ?? schema);
    if (after === before) continue;
    result ??= { ...value };
    if (after === undefined || isEmptyValue(after)) delete result[key];
    else setOwn(result, key, after);
  }
  return result ?? value;
}

function removeItems(items: readonly unknown[], set: FieldSet, list: ListSchema): readonly unknown[] {
  const result: unknown[] = [];
  for (const item of items) {
    const node = set[itemPathElement(item, list) ?? ''];
    if (node === undefined) result.push(item);
    else if (!isMember(node)) result.push(removeFields(item, node, list.items));
  }
  return result.length === items.length && result.every((item, index) => item === items[index]) ? items : result;
}

function isMember(node: FieldSet | undefined): boolean {
  return node !== undefined && ('.' in node || isEmptySet(node));
}
