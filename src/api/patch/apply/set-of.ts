import type { Field, Schema } from '../../schema/schema.ts';
import { isJsonObject, type JsonObject, ownValue } from '../json.ts';
import { EMPTY_SET, type FieldSet, makeNode, MEMBER } from './field-set.ts';
import { isDeclaredField, isEmptyValue, itemPathElement, schemaOfField, shapeOf } from './shape.ts';

/** The fields that an applied configuration lays claim to. Kubernetes: structured-merge-diff, TypedValue.ToFieldSet. */
export function setOf(value: unknown, schema: Schema): FieldSet {
  return childrenOf(value, schema, undefined) ?? EMPTY_SET;
}

/** The set below a value; 'member' where the value is claimed as a whole. */
function childrenOf(value: unknown, schema: Schema, field: Field | undefined): FieldSet | undefined {
  const shape = shapeOf(value, schema, field);
  if (shape.kind === 'whole') return MEMBER;
  if (shape.kind === 'items') {
    const nodes: Record<string, FieldSet> = {};
    for (const item of Array.isArray(value) ? value : []) {
      const element = itemPathElement(item, shape.list);
      if (element === undefined) continue;
      const below = shape.list.listType === 'set' ? undefined : childrenOf(item, shape.list.items, undefined);
      nodes[element] = makeNode(true, below) ?? MEMBER;
    }
    return makeNode(false, nodes);
  }
  if (!isJsonObject(value)) return undefined;
  const nodes: Record<string, FieldSet> = {};
  for (const key in value) {
    const item = value[key];
    const child = schemaOfField(schema, key);
    if (child === undefined || item === undefined) continue;
    const below = childrenOf(item, child.schema, child.field);
    const whole = below === MEMBER;
    const claimed = whole || item === null || (isJsonObject(item) && isEmptyValue(item)) || !isDeclaredField(schema, key);
    const node = makeNode(claimed, whole ? undefined : below);
    if (node !== undefined) nodes[`f:${key}`] = node;
  }
  return makeNode(false, nodes);
}

/** Adds the structs' declared fields that have members below them as members of their own. Kubernetes: Set.EnsureNamedFieldsAreMembers. */
export function withNamedFields(set: FieldSet, schema: Schema): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const key in set) {
    const node = set[key] ?? MEMBER;
    if (key === '.') continue;
    const child = key.startsWith('f:') ? schemaOfField(schema, key.slice(2))?.schema : schema.type === 'list' ? schema.items : undefined;
    const below = child === undefined ? withoutDot(node) : withNamedFields(node, child);
    const member = '.' in node || isEmptyValue(node) || (key.startsWith('f:') && isDeclaredField(schema, key.slice(2)));
    result[key] = makeNode(member, below) ?? MEMBER;
  }
  return result;
}

function withoutDot(node: FieldSet): FieldSet {
  const { '.': _, ...children } = node;
  return children;
}

/** What is wrong with an applied configuration: fields that the schema does not declare, items without key, wrong shapes. Each text starts with the path. */
export function problemsOf(value: unknown, schema: Schema): readonly string[] {
  const problems: string[] = [];
  check(value, schema, '', problems);
  return problems;
}

function check(value: unknown, schema: Schema, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  if (schema.type === 'list') {
    if (!Array.isArray(value)) {
      problems.push(`${path}: expected list, got ${describe(value)}`);
      return;
    }
    checkItems(value, schema, path, problems);
  } else if (schema.type === 'object' || schema.type === 'map') {
    if (!isJsonObject(value)) {
      problems.push(`${path}: expected map, got ${describe(value)}`);
      return;
    }
    for (const key in value) {
      const child = schemaOfField(schema, key);
      if (child === undefined) problems.push(`${path}.${key}: field not declared in schema`);
      else check(ownValue(value, key), child.schema, `${path}.${key}`, problems);
    }
  } else if (schema.type !== 'any') {
    checkScalar(value, schema.type, path, problems);
  }
}

function checkItems(items: readonly unknown[], schema: Schema & { readonly type: 'list' }, path: string, problems: string[]): void {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    let itemPath = `${path}[${index}]`;
    if (schema.listType !== 'atomic') {
      const element = itemPathElement(item, schema);
      if (element === undefined) {
        problems.push(`${path}: element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(schema.mapKeys[0] ?? '')} (and doesn't have default value)`);
        return;
      }
      itemPath = path + keyText(element);
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${keyText(element)}`);
      seen.add(element);
    }
    check(item, schema.items, itemPath, problems);
  });
}

function keyText(element: string): string {
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const key = Object.entries(JSON.parse(element.slice(2)) as JsonObject);
  return `[${key.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

function checkScalar(value: unknown, type: string, path: string, problems: string[]): void {
  const got = describe(value);
  if (type === 'boolean' && typeof value !== 'boolean') problems.push(`${path}: expected boolean, got &{${typeof value === 'object' ? JSON.stringify(value) : String(value)}}`);
  else if ((type === 'int32' || type === 'int64' || type === 'number') && typeof value !== 'number') problems.push(`${path}: expected numeric (int or float), got ${goType(value)}`);
  else if ((type === 'string' || type === 'bytes' || type === 'time' || type === 'micro-time') && typeof value !== 'string') problems.push(`${path}: expected string, got ${got}`);
}

/** Go's name of what JSON becomes there. */
function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'map[string]interface {}' : 'string';
}

/** The value as structured-merge-diff prints it: &{…}. */
function describe(value: unknown): string {
  return `&value.valueUnstructured{Value:${typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? JSON.stringify(value) : String(value)}}`;
}
