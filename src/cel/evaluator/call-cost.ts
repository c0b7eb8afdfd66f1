import { CelDuration, CelList, CelMap, CelOpaque, CelOptional, codePointLength, type Value } from '../values/value.ts';

const TRAVERSAL = 0.1;
const REGEX_LENGTH = 0.25;
/** Two authorization checks an expression. */
const CHECK_COST = 350_000;
const LIST_CREATE = 10;
const STRUCT_CREATE = 40;

const UNIT_COST: ReadonlySet<string> = new Set([
  'serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name', 'allowed', 'reason', 'error', 'errored',
  'masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast', 'format.named',
  'sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch',
  'getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery',
]);
const PER_ELEMENT: ReadonlySet<string> = new Set(['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf']);
const ONE_TRAVERSAL: ReadonlySet<string> = new Set([
  'url', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'jsonpatch.escapeKey', 'cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver',
]);
const TWO_TRAVERSALS: ReadonlySet<string> = new Set(['replace', 'split', 'ip.isCanonical']);

/** What a call has cost, now that its arguments and result are known. Kubernetes: apiserver/pkg/cel/library/cost.go, CallCost; cel-go interpreter/runtimecost.go. */
export function callCost(name: string, overload: string, args: readonly Value[], result: Value): number {
  return listLibraryCost(overload, args, result) ?? libraryCost(name, overload, args, result) ?? standardCost(overload, args);
}

function traversal(size: number): number {
  return Math.ceil(size * TRAVERSAL);
}

function listLibraryCost(overload: string, args: readonly Value[], result: Value): number | undefined {
  switch (overload) {
    case 'list_sets_contains_list':
    case 'list_sets_intersects_list':
      return 1 + sizeAt(args, 0) * sizeAt(args, 1);
    case 'list_sets_equivalent_list':
      return 1 + sizeAt(args, 0) * sizeAt(args, 1) * 2;
    case 'list_slice':
    case 'lists_range':
    case 'list_reverse':
      return allocating(1, actualSize(result));
    case 'list_flatten':
      return allocating(1, sizeAt(args, 0));
    case 'list_flatten_int':
      return allocating(Number(args[1] ?? 1n), sizeAt(args, 0));
    case 'list_distinct':
      return selfComparing(args[0]);
    default:
      if (!overload.startsWith('list_')) return undefined;
      if (overload.endsWith('_sort')) return selfComparing(args[0]);
      return overload.endsWith('_sortByAssociatedKeys') ? selfComparing(args[1]) : undefined;
  }
}

function allocating(factor: number, size: number): number {
  return Math.floor(size * factor) + 1 + LIST_CREATE;
}

function selfComparing(list: Value | undefined): number {
  if (!(list instanceof CelList) || list.size === 0) return allocating(2, 0);
  const first = list.get(0);
  const factor = typeof first === 'string' || first instanceof Uint8Array ? 2 + TRAVERSAL : 2;
  return allocating(factor, list.size * list.size);
}

function libraryCost(name: string, overload: string, args: readonly Value[], result: Value): number | undefined {
  if (name === 'check') return CHECK_COST;
  if (UNIT_COST.has(name)) return 1;
  if (PER_ELEMENT.has(name)) return args.length === 0 ? 0 : dataSize(args[0] as Value);
  if (ONE_TRAVERSAL.has(name)) return traversal(sizeAt(args, 0));
  if (TWO_TRAVERSALS.has(name)) return Math.ceil(sizeAt(args, 0) * 2 * TRAVERSAL);
  switch (name) {
    case 'fieldSelector':
    case 'labelSelector': {
      const length = sizeAt(args, 1);
      return LIST_CREATE + traversal(length) + Math.ceil(Math.ceil(length * 0.5) * (LIST_CREATE + STRUCT_CREATE));
    }
    case 'join':
      return Math.ceil(actualSize(result) * 2 * TRAVERSAL);
    case 'find':
    case 'findAll':
      return Math.ceil((1 + sizeAt(args, 0)) * TRAVERSAL) * Math.ceil(sizeAt(args, 1) * REGEX_LENGTH);
    case 'ip':
      return overload === 'cidr_ip' ? 1 : traversal(sizeAt(args, 0));
    case 'containsIP':
      return traversal(2 * sizeAt(args, 0)) + (overload === 'cidr_contains_ip_string' ? traversal(sizeAt(args, 1)) : 0);
    case 'containsCIDR':
      return traversal(2 * sizeAt(args, 0)) + traversal(sizeAt(args, 0)) + 1 + (overload === 'cidr_contains_cidr_string' ? traversal(sizeAt(args, 1)) : 0);
    case 'validate': {
      const [format] = args;
      const patternLength = format instanceof CelOpaque ? patternLengthOf(format) : undefined;
      return patternLength === undefined ? undefined : Math.ceil((1 + sizeAt(args, 1)) * TRAVERSAL) * Math.ceil(patternLength * REGEX_LENGTH);
    }
    case '_==_':
      return args[0] instanceof CelOpaque ? 1 : undefined;
    default:
      return undefined;
  }
}

function patternLengthOf(format: CelOpaque): number | undefined {
  const { patternLength } = format as CelOpaque & { readonly patternLength?: unknown };
  return typeof patternLength === 'number' ? patternLength : undefined;
}

function standardCost(overload: string, args: readonly Value[]): number {
  switch (overload) {
    case 'starts_with_string':
    case 'ends_with_string':
    case 'string_to_bytes':
    case 'bytes_to_string':
    case 'strings_quote':
    case 'string_format':
      return traversal(sizeAt(args, 0));
    case 'in_list':
      return sizeAt(args, 1);
    case 'less_string':
    case 'greater_string':
    case 'less_equals_string':
    case 'greater_equals_string':
    case 'less_bytes':
    case 'greater_bytes':
    case 'less_equals_bytes':
    case 'greater_equals_bytes':
    case 'equals':
    case 'not_equals':
      return traversal(Math.min(sizeAt(args, 0), sizeAt(args, 1)));
    case 'add_string':
    case 'add_bytes':
      return traversal(sizeAt(args, 0) + sizeAt(args, 1));
    case 'matches_string':
      return Math.ceil((1 + sizeAt(args, 0)) * TRAVERSAL) * Math.ceil(sizeAt(args, 1) * REGEX_LENGTH);
    case 'contains_string':
      return traversal(sizeAt(args, 0)) * traversal(sizeAt(args, 1));
    default:
      return 1;
  }
}

function sizeAt(args: readonly Value[], index: number): number {
  const value = args[index];
  return value === undefined ? 1 : actualSize(value);
}

/** What size() gives, or one for what has no size. */
function actualSize(value: Value): number {
  if (typeof value === 'string') return codePointLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof CelOpaque) return value.size ?? 1;
  if (value instanceof CelOptional && value.value !== undefined) return actualSize(value.value);
  return 1;
}

/** How much there is to walk through. */
function dataSize(value: Value): number {
  if (typeof value === 'string') return Math.floor(new TextEncoder().encode(value).length * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL);
  if (value instanceof CelDuration) return 1;
  let cost = 0;
  if (value instanceof CelList) {
    for (let index = 0; index < value.size; index++) cost += dataSize(value.get(index));
    return cost;
  }
  if (value instanceof CelMap) {
    for (const key of value.keys()) cost += dataSize(key) + dataSize(value.find(key) ?? null);
    return cost;
  }
  return 1;
}
