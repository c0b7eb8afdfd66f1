import { jsonEqual } from '../../../base/index.ts';
import type { Field, ListSchema, Schema } from '../../schema/schema.ts';
import { isJsonObject, type JsonObject, ownValue } from '../json.ts';
import { EMPTY_SET, type FieldSet, makeNode, MEMBER, union } from './field-set.ts';
import { isEmptyValue, itemPathElement, schemaOfField, type Shape, shapeOf } from './shape.ts';

/** What differs between two versions of an object. Kubernetes: structured-merge-diff, typed.Comparison. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Difference {
  readonly added: FieldSet | undefined;
  readonly modified: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const MODIFIED: Difference = Object.freeze({ added: undefined, modified: MEMBER, removed: undefined });
const REMOVED: Difference = Object.freeze({ added: undefined, modified: undefined, removed: MEMBER });

/** Compares two objects. Parts that they share cost nothing. */
export function compareObjects(before: unknown, after: unknown, schema: Schema): Comparison {
  const difference = compareValues(before, after, schema, undefined);
  return { added: difference?.added ?? EMPTY_SET, modified: difference?.modified ?? EMPTY_SET, removed: difference?.removed ?? EMPTY_SET };
}

/** Added and modified together: what a writer takes over. */
export function changedFields(comparison: Comparison): FieldSet {
  return union(comparison.added, comparison.modified);
}

function compareValues(before: unknown, after: unknown, schema: Schema, field: Field | undefined): Difference | undefined {
  if (before === after) return undefined;
  if (before === undefined) return { added: addedSet(after, schema, field), modified: undefined, removed: undefined };
  const shape = shapeOf(after ?? before, schema, field);
  if (shape.kind === 'whole' || (isEmptyValue(before) && isEmptyValue(after)) || shapeDiffers(before, after, shape)) {
    if (after === undefined) return REMOVED;
    return jsonEqual(before, after) ? undefined : MODIFIED;
  }
  const below = shape.kind === 'fields' ? compareFields(before, after, schema) : compareItems(before, after, shape.list);
  if (after !== undefined) return below;
  return { added: below?.added, modified: below?.modified, removed: makeNode(true, below?.removed) };
}

/** The set of a value that was not there before, which is what creations consist of. */
function addedSet(value: unknown, schema: Schema, field: Field | undefined): FieldSet {
  const shape = shapeOf(value, schema, field);
  if (shape.kind === 'whole' || isEmptyValue(value)) return MEMBER;
  let node: Record<string, FieldSet> | undefined;
  if (shape.kind === 'items') {
    for (const item of Array.isArray(value) ? value : []) {
      const element = itemPathElement(item, shape.list);
      if (element !== undefined) (node ??= { '.': MEMBER })[element] = addedSet(item, shape.list.items, undefined);
    }
    return node ?? MEMBER;
  }
  if (!isJsonObject(value)) return MEMBER;
  for (const key in value) {
    const item = value[key];
    const child = item === undefined ? undefined : schemaOfField(schema, key);
    if (child !== undefined) (node ??= { '.': MEMBER })[`f:${key}`] = addedSet(item, child.schema, child.field);
  }
  return node ?? MEMBER;
}

/** A value of the wrong shape, from before its schema changed, is compared as a whole. */
function shapeDiffers(before: unknown, after: unknown, shape: Shape): boolean {
  const fits = (value: unknown): boolean => value === undefined || value === null || (shape.kind === 'items' ? Array.isArray(value) : isJsonObject(value));
  return !fits(before) || !fits(after);
}

function compareFields(before: unknown, after: unknown, schema: Schema): Difference | undefined {
  const left = isJsonObject(before) ? before : NO_FIELDS;
  const right = isJsonObject(after) ? after : NO_FIELDS;
  const collector = new Collector();
  for (const key in right) compareField(key, ownValue(left, key), right[key], schema, collector);
  for (const key in left) if (!Object.hasOwn(right, key)) compareField(key, left[key], undefined, schema, collector);
  return collector.result();
}

function compareField(key: string, before: unknown, after: unknown, schema: Schema, collector: Collector): void {
  if (before === after) return;
  const child = schemaOfField(schema, key);
  if (child !== undefined) collector.add(`f:${key}`, compareValues(before, after, child.schema, child.field));
}

function compareItems(before: unknown, after: unknown, list: ListSchema): Difference | undefined {
  const left = itemsByElement(before, list);
  const right = itemsByElement(after, list);
  const collector = new Collector();
  for (const [element, item] of right) collector.add(element, compareItem(left.get(element), item, list));
  for (const [element, item] of left) if (!right.has(element)) collector.add(element, compareItem(item, undefined, list));
  return collector.result();
}

function compareItem(before: unknown, after: unknown, list: ListSchema): Difference | undefined {
  return compareValues(before, after, list.items, undefined);
}

function itemsByElement(items: unknown, list: ListSchema): ReadonlyMap<string, unknown> {
  const byElement = new Map<string, unknown>();
  if (!Array.isArray(items)) return byElement;
  for (const item of items) {
    const element = itemPathElement(item, list);
    if (element !== undefined) byElement.set(element, item);
  }
  return byElement;
}

const NO_FIELDS: JsonObject = Object.freeze({});

/** Gathers children's differences; makes nothing until there is one. */
class Collector {
  private added: Record<string, FieldSet> | undefined;
  private modified: Record<string, FieldSet> | undefined;
  private removed: Record<string, FieldSet> | undefined;

  add(element: string, difference: Difference | undefined): void {
    if (difference === undefined) return;
    if (difference.added !== undefined) (this.added ??= {})[element] = difference.added;
    if (difference.modified !== undefined) (this.modified ??= {})[element] = difference.modified;
    if (difference.removed !== undefined) (this.removed ??= {})[element] = difference.removed;
  }

  result(): Difference | undefined {
    const { added, modified, removed } = this;
    return added === undefined && modified === undefined && removed === undefined ? undefined : { added, modified, removed };
  }
}
