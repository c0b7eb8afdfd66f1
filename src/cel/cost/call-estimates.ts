import type { Expression } from '../syntax/expression.ts';
import { type CelType, sameType } from '../types.ts';
import { bounded, exactly, productOf, type Range, scaled, scaledNumber, sumOf, UNBOUNDED, unionOf, UNKNOWN_SIZE } from './range.ts';

/** How large what a path leads to may be: a variable, then fields, @items, @keys, @values. */
export type SizeEstimator = (path: readonly string[]) => Range | undefined;

/** A part of an expression, as estimates see it. Kubernetes: cel-go checker.AstNode. */
export interface CostNode {
  /** undefined: it is not reached from a variable by a path. */
  readonly path: readonly string[] | undefined;
  readonly type: CelType;
  readonly expression: Expression | undefined;
  readonly computedSize: Range | undefined;
}

/** What a call may cost, its arguments included and its receiver not, and how large its result is. */
export interface CallEstimate {
  readonly cost: Range;
  readonly resultSize?: Range | undefined;
}

const TRAVERSAL = 0.1;
const REGEX_LENGTH = 0.25;
const ONE = exactly(1n);
const LIST_CREATE = exactly(10n);
const NAME_FORMAT_LENGTH = 128;
const FORMAT_NAME_LENGTH = 64n;
const ADDRESS_SIZE: Range = { min: 4n, max: 16n };

const UNIT_COST: ReadonlySet<string> = new Set([
  'serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name', 'allowed', 'reason', 'error', 'errored',
  'masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast', 'format.named',
  'sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch',
  'getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery',
]);
const UNIT_EQUALITY: ReadonlySet<string> = new Set([
  'net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.authorization.Authorizer', 'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck', 'kubernetes.authorization.ResourceCheck', 'kubernetes.authorization.Decision',
]);

/** Estimates one overload. Kubernetes: cel-go checker/cost.go, functionCost. */
export function callEstimate(
  name: string, overload: string, target: CostNode | undefined, args: readonly CostNode[], argumentCosts: readonly Range[], sizeEstimator: SizeEstimator,
): CallEstimate {
  const sizeOf = (node: CostNode): Range => node.computedSize ?? sizeEstimator(node.path ?? []) ?? UNKNOWN_SIZE;
  const special = listExtensions(overload, target, args, sizeOf) ?? library(name, overload, target, args, sizeOf);
  const withArguments = (cost: Range): Range => sumOf(cost, ...argumentCosts);
  if (special !== undefined) return { cost: withArguments(special.cost), resultSize: special.resultSize };
  return standard(overload, target, args, argumentCosts, withArguments);
}

function traversal(size: Range): Range {
  return scaled(size, TRAVERSAL);
}

type SizeOf = (node: CostNode) => Range;

/** Kubernetes: cel-go ext/sets.go and ext/lists.go. */
function listExtensions(overload: string, target: CostNode | undefined, args: readonly CostNode[], sizeOf: SizeOf): CallEstimate | undefined {
  const [first, second] = args;
  switch (overload) {
    case 'list_sets_contains_list':
    case 'list_sets_intersects_list':
    case 'list_sets_equivalent_list':
      if (first === undefined || second === undefined) return undefined;
      return { cost: sumOf(scaled(productOf(sizeOf(first), sizeOf(second)), overload === 'list_sets_equivalent_list' ? 2 : 1), ONE) };
    case 'list_slice': {
      if (target === undefined || first === undefined || second === undefined) return undefined;
      const end = constantOf(second, sizeOf(target).max);
      // As upstream: unsigned, so that an end before the start is a very large list.
      return allocating(1, exactly(BigInt.asUintN(64, end - constantOf(first, 0n))));
    }
    case 'lists_range':
      return first === undefined ? undefined : allocating(1, exactly(constantOf(first, UNBOUNDED)));
    case 'list_reverse':
      return target === undefined ? undefined : allocating(1, sizeOf(target));
    case 'list_flatten':
      return target === undefined ? undefined : allocating(1, sizeOf(target));
    case 'list_flatten_int':
      return target === undefined || first === undefined ? undefined : allocating(Number(constantOf(first, UNBOUNDED)), sizeOf(target));
    case 'list_distinct':
      return target === undefined ? undefined : allocating(2, productOf(sizeOf(target), sizeOf(target)));
    default: {
      if (!overload.startsWith('list_')) return undefined;
      const sorted = overload.endsWith('_sort') ? target : overload.endsWith('_sortByAssociatedKeys') ? first : undefined;
      if (sorted === undefined) return undefined;
      const factor = overload.startsWith('list_string_') || overload.startsWith('list_bytes_') ? 2 + TRAVERSAL : 2;
      return allocating(factor, productOf(sizeOf(sorted), sizeOf(sorted)));
    }
  }
}

function allocating(factor: number, size: Range): CallEstimate {
  return { cost: sumOf(scaled(size, factor), ONE, LIST_CREATE), resultSize: size };
}

function constantOf({ expression }: CostNode, otherwise: bigint): bigint {
  if (expression?.kind !== 'literal' || typeof expression.value !== 'bigint') return otherwise;
  return expression.value < 0n ? 0n : expression.value;
}

/** Kubernetes: apiserver/pkg/cel/library/cost.go, EstimateCallCost. */
function library(name: string, overload: string, target: CostNode | undefined, args: readonly CostNode[], sizeOf: SizeOf): CallEstimate | undefined {
  const [first, second] = args;
  if (name === 'check') return { cost: exactly(350_000n) };
  if (UNIT_COST.has(name)) return { cost: ONE };
  switch (name) {
    case 'fieldSelector':
    case 'labelSelector': {
      if (first === undefined) return undefined;
      const length = sizeOf(first);
      return { cost: sumOf(LIST_CREATE, traversal(length), scaled(scaled(length, 0.5), 50)) };
    }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return target === undefined ? undefined : { cost: perElement(target, sizeOf) };
    case 'url':
    case 'jsonpatch.escapeKey':
      return first === undefined ? undefined : { cost: traversal(sizeOf(first)), resultSize: sizeOf(first) };
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return target === undefined ? undefined : { cost: traversal(sizeOf(target)), resultSize: sizeOf(target) };
    case 'replace':
      return target === undefined || first === undefined || second === undefined ? undefined : replace(sizeOf(target), sizeOf(first), sizeOf(second));
    case 'split': {
      if (target === undefined) return undefined;
      const size = sizeOf(target);
      const limit = second?.expression?.kind === 'literal' && typeof second.expression.value === 'bigint' ? BigInt.asUintN(64, second.expression.value) : size.max;
      return { cost: scaled(size, 2 * TRAVERSAL), resultSize: { min: 0n, max: limit } };
    }
    case 'join':
      return target === undefined ? undefined : join(target, first, sizeOf);
    case 'find':
    case 'findAll': {
      if (target === undefined || first === undefined) return undefined;
      const size = sizeOf(target);
      return { cost: productOf(traversal(sumOf(size, ONE)), scaled(sizeOf(first), REGEX_LENGTH)), resultSize: { min: 0n, max: size.max } };
    }
    case 'ip':
      if (overload === 'cidr_ip') return { cost: ONE };
      return first === undefined ? undefined : { cost: traversal(sizeOf(first)) };
    case 'cidr':
    case 'isIP':
    case 'isCIDR':
    case 'quantity':
    case 'isQuantity':
    case 'semver':
    case 'isSemver':
      return first === undefined ? undefined : { cost: traversal(sizeOf(first)) };
    case 'ip.isCanonical':
      return first === undefined ? undefined : { cost: scaled(sizeOf(first), 2 * TRAVERSAL) };
    case 'containsIP':
    case 'containsCIDR': {
      if (first === undefined) return undefined;
      const compared = traversal(sumOf(ADDRESS_SIZE, ADDRESS_SIZE));
      const masked = name === 'containsCIDR' ? sumOf(compared, traversal(ADDRESS_SIZE), ONE) : compared;
      return { cost: overload === 'cidr_contains_ip_string' || overload === 'cidr_contains_cidr_string' ? sumOf(masked, traversal(sizeOf(first))) : masked };
    }
    case 'validate':
      return first === undefined ? undefined : { cost: scaled(traversal(sizeOf(first)), NAME_FORMAT_LENGTH * REGEX_LENGTH) };
    case '_==_':
      return first === undefined || second === undefined ? undefined : equality(first, second);
    default:
      return undefined;
  }
}

function perElement(target: CostNode, sizeOf: SizeOf): Range {
  const element = elementOf(target);
  if (element === undefined) return traversal(sizeOf(target));
  const { kind } = element.type;
  const each = kind === 'string' || kind === 'bytes' ? sumOf(ONE, traversal(sizeOf(element))) : ONE;
  return productOf(sizeOf(target), each);
}

function elementOf({ type, path }: CostNode): CostNode | undefined {
  const [element] = type.parameters;
  return element === undefined ? undefined : { type: element, path: path === undefined ? undefined : [...path, '@items'], expression: undefined, computedSize: undefined };
}

function replace(size: Range, old: Range, replacement: Range): CallEstimate {
  let countMax = 0n;
  let keptMax = 0n;
  if (old.min === 0n) {
    countMax = bounded(size.max + 1n);
    keptMax = size.max;
  } else if (replacement.max <= old.min) {
    keptMax = size.max;
  } else {
    countMax = BigInt(Math.ceil(Number(size.max) / Number(old.min)));
  }
  let countMin = 0n;
  let keptMin = 0n;
  if (old.max === 0n) {
    countMin = bounded(size.min + 1n);
    keptMin = size.min;
  } else if (old.max <= replacement.min) {
    keptMin = size.min;
  } else {
    countMin = BigInt(Math.ceil(Number(size.min) / Number(old.max)));
  }
  const count: Range = { min: countMin, max: bounded(countMax) };
  return { cost: scaled(size, 2 * TRAVERSAL), resultSize: sumOf(productOf(count, replacement), { min: keptMin, max: keptMax }) };
}

function join(target: CostNode, separator: CostNode | undefined, sizeOf: SizeOf): CallEstimate {
  const listSize = sizeOf(target);
  const element = elementOf(target);
  let size: Range = element === undefined ? exactly(0n) : productOf(listSize, sizeOf(element));
  if (separator !== undefined) {
    const count: Range = { min: listSize.min > 0n ? listSize.min - 1n : 0n, max: listSize.max > 0n ? listSize.max - 1n : 0n };
    size = sumOf(size, productOf(sizeOf(separator), count));
  }
  return { cost: traversal(size), resultSize: size };
}

function equality(left: CostNode, right: CostNode): CallEstimate | undefined {
  if (!sameType(left.type, right.type)) return undefined;
  const { name } = left.type;
  if (UNIT_EQUALITY.has(name)) return { cost: ONE };
  if (name === 'kubernetes.NamedFormat') return { cost: { min: scaledNumber(1n, TRAVERSAL), max: scaledNumber(FORMAT_NAME_LENGTH, TRAVERSAL) } };
  if (name !== 'kubernetes.URL') return undefined;
  const max = right.computedSize?.max ?? 1n;
  return { cost: { min: scaledNumber(1n, TRAVERSAL), max: scaledNumber(max, TRAVERSAL) } };
}

/** Kubernetes: cel-go checker/cost.go, functionCost. */
function standard(
  overload: string, target: CostNode | undefined, args: readonly CostNode[], argumentCosts: readonly Range[], withArguments: (cost: Range) => Range,
): CallEstimate {
  const sizeOf = (node: CostNode | undefined): Range => node?.computedSize ?? UNKNOWN_SIZE;
  const [first, second, third] = args;
  const [firstCost, secondCost, thirdCost] = argumentCosts as [Range, Range, Range];
  switch (overload) {
    case 'string_format':
      return { cost: withArguments(traversal(sizeOf(target))) };
    case 'string_to_bytes':
      return { cost: withArguments(traversal(sizeOf(first))), resultSize: { min: sizeOf(first).min, max: BigInt.asUintN(64, sizeOf(first).max * 4n) } };
    case 'bytes_to_string':
      return { cost: withArguments(traversal(sizeOf(first))), resultSize: { min: sizeOf(first).min / 4n, max: sizeOf(first).max } };
    case 'strings_quote':
      return {
        cost: withArguments(traversal(sizeOf(first))),
        resultSize: { min: BigInt.asUintN(64, sizeOf(first).min + 2n), max: BigInt.asUintN(64, sizeOf(first).max * 2n + 2n) },
      };
    case 'starts_with_string':
    case 'ends_with_string':
      return { cost: withArguments(traversal(sizeOf(first))) };
    case 'in_list':
      return { cost: withArguments(sizeOf(second)) };
    case 'matches_string':
      return { cost: withArguments(productOf(traversal(sumOf(sizeOf(target), ONE)), scaled(sizeOf(first), REGEX_LENGTH))) };
    case 'contains_string':
      return { cost: withArguments(productOf(traversal(sizeOf(target)), traversal(sizeOf(first)))) };
    case 'logical_or':
    case 'logical_and':
      return { cost: { min: firstCost.min, max: sumOf(firstCost, secondCost).max } };
    case 'conditional':
      return { cost: sumOf(firstCost, unionOf(secondCost, thirdCost)), resultSize: unionOf(sizeOf(second), sizeOf(third)) };
    case 'add_string':
    case 'add_bytes': {
      const size = sumOf(sizeOf(first), sizeOf(second));
      return { cost: withArguments(traversal(size)), resultSize: size };
    }
    case 'add_list':
      return { cost: withArguments(ONE), resultSize: sumOf(sizeOf(first), sizeOf(second)) };
    case 'less_string':
    case 'greater_string':
    case 'less_equals_string':
    case 'greater_equals_string':
    case 'less_bytes':
    case 'greater_bytes':
    case 'less_equals_bytes':
    case 'greater_equals_bytes':
    case 'equals':
    case 'not_equals': {
      const max = sizeOf(first).max < sizeOf(second).max ? sizeOf(first).max : sizeOf(second).max;
      return { cost: withArguments(traversal({ min: max > 0n ? 1n : 0n, max })) };
    }
    default:
      return { cost: withArguments(ONE) };
  }
}
