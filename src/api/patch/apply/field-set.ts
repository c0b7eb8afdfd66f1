/**
 * A set of fields of an object, in the form in which managedFields writes it (fieldsV1): a tree whose keys are path
 * elements, `f:name`, `k:{"key":"value"}` or `v:value`. A node is a member of the set where it has no children or has
 * the child `.`. The root is never a member. Kubernetes: structured-merge-diff, fieldpath.Set.
 */
export interface FieldSet {
  readonly [pathElement: string]: FieldSet;
}

/** The set without members. */
export const EMPTY_SET: FieldSet = Object.freeze({});

/** A node that is a member and has no children. */
export const MEMBER: FieldSet = Object.freeze({});

/** True where the set has no members. */
export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

function isMember(node: FieldSet): boolean {
  return '.' in node || isEmptySet(node);
}

/** A node of what it is and has; undefined where that is nothing. */
export function makeNode(member: boolean, children: Readonly<Record<string, FieldSet>> | undefined): FieldSet | undefined {
  const hasChildren = children !== undefined && !isEmptySet(children);
  if (!hasChildren) return member ? MEMBER : undefined;
  return member ? { '.': MEMBER, ...children } : children;
}

/** Everything in a or in b. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || a === b) return b;
  if (isEmptySet(b)) return a;
  const result: Record<string, FieldSet> = { ...a };
  for (const key in b) {
    const right = b[key] ?? MEMBER;
    const left = result[key];
    result[key] = left === undefined || key === '.' ? right : unionNodes(left, right);
  }
  return result;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const merged = union(a, b);
  return makeNode(isMember(a) || isMember(b), withoutDot(merged)) ?? MEMBER;
}

function withoutDot(node: FieldSet): Readonly<Record<string, FieldSet>> {
  if (!('.' in node)) return node;
  const { '.': _, ...children } = node;
  return children;
}

/** What is in a but not in b. A member of b takes away only itself, not what is below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, differenceOfNodes);
}

function differenceOfNodes(a: FieldSet, b: FieldSet | undefined): FieldSet | undefined {
  if (b === undefined) return a;
  return makeNode(isMember(a) && !isMember(b), withoutDot(difference(a, b)));
}

/** What is in a and neither in b nor below a member of b. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) => {
    if (right === undefined) return left;
    if (isMember(right)) return undefined;
    return makeNode(isMember(left), withoutDot(recursiveDifference(left, right)));
  });
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (left, right) =>
    (right === undefined ? undefined : makeNode(isMember(left) && isMember(right), withoutDot(intersection(left, right)))));
}

function combine(a: FieldSet, b: FieldSet, ofNodes: (left: FieldSet, right: FieldSet | undefined) => FieldSet | undefined): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const key in a) {
    if (key === '.') continue;
    const node = ofNodes(a[key] ?? MEMBER, b[key]);
    if (node !== undefined) result[key] = node;
  }
  return result;
}

/** True where both have the same members. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const key in a) {
    const other = b[key];
    if (other === undefined || !equalSets(a[key] ?? MEMBER, other)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** The paths of the members, each a list of path elements, in the order of the tree. */
export function memberPaths(set: FieldSet): readonly (readonly string[])[] {
  const paths: string[][] = [];
  const walk = (node: FieldSet, path: readonly string[]): void => {
    for (const key in node) {
      if (key === '.') continue;
      const child = node[key] ?? MEMBER;
      const childPath = [...path, key];
      if (isMember(child)) paths.push(childPath);
      walk(child, childPath);
    }
  };
  walk(set, []);
  return paths;
}

/** The set in upstream's order, so that equal sets have equal JSON. */
export function sortSet(set: FieldSet): FieldSet {
  const keys = Object.keys(set);
  if (keys.length === 0) return MEMBER;
  const result: Record<string, FieldSet> = {};
  // Names of fields, which most sets are made of, sort as texts do, and far quicker so.
  if (keys.length > 1) keys.sort(keys.every(isFieldName) ? undefined : comparePathElements);
  for (const key of keys) result[key] = sortSet(set[key] ?? MEMBER);
  return result;
}

function isFieldName(key: string): boolean {
  return key.charCodeAt(0) === LETTER_F;
}

const LETTER_F = 0x66;

const RANK: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };

/** Field names come before keys, keys before values. Kubernetes: fieldpath.PathElement.Less. */
export function comparePathElements(a: string, b: string): number {
  const rank = (RANK[a.charAt(0)] ?? 5) - (RANK[b.charAt(0)] ?? 5);
  if (rank !== 0) return rank;
  if (a.startsWith('f:') || a === b) return a < b ? -1 : a > b ? 1 : 0;
  return compareJson(parseOr(a.slice(2)), parseOr(b.slice(2)));
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function compareJson(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    const left = Object.entries(a);
    const right = Object.entries(b);
    for (let index = 0; index < Math.min(left.length, right.length); index++) {
      const [leftKey, leftValue] = left[index] ?? ['', undefined];
      const [rightKey, rightValue] = right[index] ?? ['', undefined];
      if (leftKey !== rightKey) return leftKey < rightKey ? -1 : 1;
      const order = compareJson(leftValue, rightValue);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  const [x, y] = [textOf(a), textOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

/** A path as conflicts show it, e.g. .spec.containers[name="web"].image. Kubernetes: fieldpath.Path.String. */
export function formatPath(path: readonly string[]): string {
  return path.map((element) => {
    const text = element.slice(2);
    if (element.startsWith('f:')) return `.${text}`;
    if (element.startsWith('v:')) return `[=${text}]`;
    if (element.startsWith('i:')) return `[${text}]`;
    const key = Object.entries(parseOr(text) as Readonly<Record<string, unknown>>);
    return `[${key.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
  }).join('');
}
