import type { Checked } from '../compile.ts';
import type { Call, Comprehension, Expression } from '../syntax/expression.ts';
import { type CelType, unwrappedOptional } from '../types.ts';
import { CelDuration, CelTimestamp, CelUint, codePointLength } from '../values/value.ts';
import { callEstimate, type CostNode, type SizeEstimator } from './call-estimates.ts';
import { exactly, productOf, type Range, sumOf, UNBOUNDED, unionOf, UNKNOWN_SIZE, ZERO } from './range.ts';

const ONE = exactly(1n);
const LIST_COST = exactly(10n);
const MAP_COST = exactly(30n);
const STRUCT_COST = exactly(40n);

/** How large the keys and values in a container are. */
interface EntrySize {
  readonly container: 'list' | 'map';
  readonly key: Range;
  readonly value: Range;
}

interface LocalVariable {
  readonly path: readonly string[] | undefined;
  readonly size: Range | undefined;
  readonly entrySize: EntrySize | undefined;
}

/**
 * What evaluating an expression may cost at least and at most; sizeOf tells how large the values are that variables lead to.
 * Kubernetes: cel-go checker/cost.go with apiserver/pkg/cel/library/cost.go.
 */
export function estimateCost(checked: Checked, sizeOf: SizeEstimator): Range {
  return new Coster(sizeOf).cost(checked.expression);
}

class Coster {
  private readonly sizeEstimator: SizeEstimator;
  private readonly paths = new Map<Expression, readonly string[]>();
  private readonly sizes = new Map<Expression, Range>();
  private readonly entrySizes = new Map<Expression, EntrySize>();
  private readonly locals = new Map<string, LocalVariable[]>();

  constructor(sizeEstimator: SizeEstimator) {
    this.sizeEstimator = sizeEstimator;
  }

  cost(expression: Expression): Range {
    switch (expression.kind) {
      case 'literal':
        return ZERO;
      case 'ident': {
        const local = this.local(expression.name);
        this.setPath(expression, local === undefined ? [expression.name] : local.path);
        return ONE;
      }
      case 'select': {
        if (expression.qualifiedName !== undefined) {
          this.setPath(expression, [expression.qualifiedName]);
          return ONE;
        }
        const inner = this.cost(expression.operand);
        if (expression.testOnly) return inner;
        this.setPath(expression, [...(this.pathOf(expression.operand) ?? []), expression.field]);
        const kind = typeOf(expression.operand).kind;
        return kind === 'map' || kind === 'object' || kind === 'parameter' ? sumOf(inner, ONE) : inner;
      }
      case 'call':
        return this.call(expression);
      case 'list': {
        let itemSize: Range = { min: expression.elements.length === 0 ? 0n : UNBOUNDED, max: 0n };
        let sum = ZERO;
        for (const element of expression.elements) {
          sum = sumOf(sum, this.cost(element));
          itemSize = unionOf(itemSize, this.sizeOrUnknown(element));
        }
        this.entrySizes.set(expression, { container: 'list', key: ONE, value: itemSize });
        return sumOf(sum, LIST_COST);
      }
      case 'map': {
        const start: Range = { min: expression.entries.length === 0 ? 0n : UNBOUNDED, max: 0n };
        let key = start;
        let value = start;
        let sum = ZERO;
        for (const entry of expression.entries) {
          sum = sumOf(sum, this.cost(entry.key), this.cost(entry.value));
          key = unionOf(key, this.sizeOrUnknown(entry.key));
          value = unionOf(value, this.sizeOrUnknown(entry.value));
        }
        this.entrySizes.set(expression, { container: 'map', key, value });
        return sumOf(sum, MAP_COST);
      }
      case 'struct':
        return sumOf(STRUCT_COST, ...expression.fields.map((field) => this.cost(field.value)));
      case 'comprehension':
        return isBind(expression) ? this.bind(expression) : this.comprehension(expression);
    }
  }

  private bind(expression: Comprehension): Range {
    const before = sumOf(this.cost(expression.range), this.cost(expression.initial));
    this.push(expression.accumulator, this.variableOf(expression.initial));
    const result = this.cost(expression.result);
    const size = this.sizeOf(expression.result);
    const entrySize = this.entrySizeOf(expression.result);
    this.pop(expression.accumulator);
    if (size !== undefined) this.sizes.set(expression, size);
    if (entrySize !== undefined) this.entrySizes.set(expression, entrySize);
    return sumOf(before, result);
  }

  private comprehension(expression: Comprehension): Range {
    const { range, initial, variable, variable2, accumulator } = expression;
    let sum = sumOf(this.cost(range), this.cost(initial));
    this.push(accumulator, this.variableOf(initial));
    const entrySize = this.entrySizeOf(range);
    const isList = (entrySize?.container ?? typeOf(range).kind) === 'list';
    const path = this.pathOf(range) ?? [];
    const local = (part: string, size: Range | undefined): LocalVariable => ({ path: [...path, part], size, entrySize: undefined });
    if (variable2 !== '') {
      this.push(variable, local(isList ? '@indices' : '@keys', entrySize?.key));
      this.push(variable2, local(isList ? '@items' : '@values', entrySize?.value));
    } else {
      this.push(variable, isList ? local('@items', entrySize?.value) : local('@keys', entrySize?.key));
    }
    const loop = sumOf(this.cost(expression.condition), this.cost(expression.step));
    const stepEntrySize = this.entrySizeOf(expression.step);
    this.pop(variable);
    if (variable2 !== '') this.pop(variable2);
    sum = sumOf(sum, this.cost(expression.result));
    this.pop(accumulator);
    const count = this.sizeOrUnknown(range);
    sum = sumOf(sum, productOf(count, loop));
    if (initial.kind === 'literal') {
      const size = this.sizeOf(initial);
      if (size !== undefined) this.sizes.set(expression, size);
    } else if (initial.kind === 'list' || initial.kind === 'map') {
      this.sizes.set(expression, count);
      if (stepEntrySize !== undefined) this.entrySizes.set(expression, stepEntrySize);
    }
    return sum;
  }

  private call(expression: Call): Range {
    const { args, target, overloads = [] } = expression;
    if (expression.function === 'dyn') {
      const [inner] = args as [Expression];
      const cost = sumOf(ONE, this.cost(inner));
      const size = this.sizeOf(inner);
      const entrySize = this.entrySizeOf(inner);
      if (size !== undefined) this.sizes.set(expression, size);
      if (entrySize !== undefined) this.entrySizes.set(expression, entrySize);
      return cost;
    }
    const argumentCosts: Range[] = [];
    const nodes: CostNode[] = [];
    for (const argument of args) {
      argumentCosts.push(this.cost(argument));
      nodes.push(this.node(argument));
    }
    if (overloads.length === 0) return ZERO;
    const targetCost = target === undefined ? ZERO : this.cost(target);
    const targetNode = target === undefined ? undefined : this.node(target);
    let total: Range = { min: UNBOUNDED, max: 0n };
    let resultSize: Range | undefined;
    for (const overload of overloads) {
      const estimate = callEstimate(expression.function, overload, targetNode, nodes, argumentCosts, this.sizeEstimator);
      total = unionOf(total, estimate.cost);
      if (estimate.resultSize !== undefined) resultSize = resultSize === undefined ? estimate.resultSize : unionOf(resultSize, estimate.resultSize);
      this.noteEntries(expression, overload);
      const [container] = args;
      if (container !== undefined && (overload === 'index_list' || overload === 'index_map')) {
        resultSize = this.entrySizeOf(container)?.value;
        this.setPath(expression, [...(this.pathOf(container) ?? []), overload === 'index_list' ? '@items' : '@values']);
      }
      resultSize ??= this.sizeOf(expression);
    }
    if (resultSize !== undefined) this.sizes.set(expression, resultSize);
    return sumOf(targetCost, total);
  }

  /** Both branches of a conditional, and both parts of a sum, say what is inside the result. */
  private noteEntries(expression: Call, overload: string): void {
    const { args } = expression;
    const from = overload === 'conditional' ? 1 : overload === 'add_string' || overload === 'add_bytes' || overload === 'add_list' ? 0 : undefined;
    if (from === undefined) return;
    const left = this.entrySizeOf(args[from] as Expression);
    const right = this.entrySizeOf(args[from + 1] as Expression);
    if (left === undefined || right === undefined) return;
    this.entrySizes.set(expression, { container: left.container, key: unionOf(left.key, right.key), value: unionOf(left.value, right.value) });
  }

  private node(expression: Expression): CostNode {
    const path = this.pathOf(expression);
    return {
      path: path?.[0] === '@result' || path?.[0] === '__result__' ? undefined : path, type: typeOf(expression), expression, computedSize: this.sizeOf(expression),
    };
  }

  private variableOf(expression: Expression): LocalVariable {
    const entrySize = this.entrySizeOf(expression);
    return { path: this.pathOf(expression), size: this.sizeOf(expression), entrySize };
  }

  private sizeOrUnknown(expression: Expression): Range {
    return this.sizeOf(expression) ?? UNKNOWN_SIZE;
  }

  private sizeOf(expression: Expression): Range | undefined {
    const known = this.sizes.get(expression) ?? literalSize(expression);
    if (known !== undefined) return known;
    const estimated = this.sizeEstimator(this.pathOf(expression) ?? []);
    if (estimated !== undefined) {
      this.sizes.set(expression, estimated);
      return estimated;
    }
    if (isScalar(typeOf(expression))) return ONE;
    return expression.kind === 'ident' ? this.local(expression.name)?.size : undefined;
  }

  private entrySizeOf(expression: Expression): EntrySize | undefined {
    const known = this.entrySizes.get(expression);
    if (known !== undefined) return known;
    return expression.kind === 'ident' ? this.local(expression.name)?.entrySize : undefined;
  }

  private pathOf(expression: Expression): readonly string[] | undefined {
    const local = expression.kind === 'ident' ? this.local(expression.name) : undefined;
    return local === undefined ? this.paths.get(expression) : local.path;
  }

  private setPath(expression: Expression, path: readonly string[] | undefined): void {
    if (path !== undefined) this.paths.set(expression, path);
  }

  private local(name: string): LocalVariable | undefined {
    return this.locals.get(name)?.at(-1);
  }

  private push(name: string, variable: LocalVariable): void {
    const stack = this.locals.get(name);
    if (stack === undefined) this.locals.set(name, [variable]);
    else stack.push(variable);
  }

  private pop(name: string): void {
    this.locals.get(name)?.pop();
  }
}

function typeOf(expression: Expression): CelType {
  return expression.type as CelType;
}

function isBind({ range, condition, accumulator }: Comprehension): boolean {
  return range.kind === 'list' && range.elements.length === 0 && condition.kind === 'literal' && condition.value === false && accumulator !== '__result__';
}

function literalSize(expression: Expression): Range | undefined {
  switch (expression.kind) {
    case 'list':
      return exactly(BigInt(expression.elements.length));
    case 'map':
      return exactly(BigInt(expression.entries.length));
    case 'literal': {
      const { value } = expression;
      if (typeof value === 'string') return exactly(BigInt(codePointLength(value)));
      if (value instanceof Uint8Array) return exactly(BigInt(value.length));
      const scalar = value === null || typeof value !== 'object' || value instanceof CelUint || value instanceof CelDuration || value instanceof CelTimestamp;
      return scalar ? ONE : undefined;
    }
    default:
      return undefined;
  }
}

/** Types whose values are all of one size. */
function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true;
    default: {
      const inner = unwrappedOptional(type);
      return inner !== undefined && isScalar(inner);
    }
  }
}
