import type { Value } from '../values/value.ts';
import { type Call, type Comprehension, copyExpression, type Expression } from './expression.ts';

/** A macro's arguments are not what it needs. */
export class MacroError extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** The accumulator of loops, which no source can name. */
const ACCUMULATOR = '@result';
const OLD_ACCUMULATOR = '__result__';
const UNUSED = '#unused';

type Expand = (build: Builder, target: Expression, args: readonly Expression[]) => Expression;

/** By name and number of arguments. Kubernetes: cel-go parser/macro.go, ext/comprehensions.go, ext/lists.go, cel/library.go. */
const RECEIVER_MACROS: ReadonlyMap<string, Expand> = new Map<string, Expand>([
  ['all/2', (build, target, args) => build.loop(target, oneVariable(args, 'argument must be a simple name'), build.all(args[1]))],
  ['exists/2', (build, target, args) => build.loop(target, oneVariable(args, 'argument must be a simple name'), build.exists(args[1]))],
  ['exists_one/2', (build, target, args) => build.loop(target, oneVariable(args, 'argument must be a simple name'), build.existsOne(args[1]))],
  ['map/2', (build, target, args) => build.loop(target, oneVariable(args, 'argument is not an identifier'), build.toList(undefined, args[1]))],
  ['map/3', (build, target, args) => build.loop(target, oneVariable(args, 'argument is not an identifier'), build.toList(args[1], args[2]))],
  ['filter/2', (build, target, args) => build.loop(target, oneVariable(args, 'argument is not an identifier'), build.toList(args[1], args[0]))],
  ['all/3', (build, target, args) => build.loop(target, twoVariables(args), build.all(args[2]))],
  ['exists/3', (build, target, args) => build.loop(target, twoVariables(args), build.exists(args[2]))],
  ['exists_one/3', (build, target, args) => build.loop(target, twoVariables(args), build.existsOne(args[2]))],
  ['existsOne/3', (build, target, args) => build.loop(target, twoVariables(args), build.existsOne(args[2]))],
  ['transformList/3', (build, target, args) => build.loop(target, twoVariables(args), build.toList(undefined, args[2]))],
  ['transformList/4', (build, target, args) => build.loop(target, twoVariables(args), build.toList(args[2], args[3]))],
  ['transformMap/3', (build, target, args) => mapLoop(build, target, args, undefined, args[2], true)],
  ['transformMap/4', (build, target, args) => mapLoop(build, target, args, args[2], args[3], true)],
  ['transformMapEntry/3', (build, target, args) => mapLoop(build, target, args, undefined, args[2], false)],
  ['transformMapEntry/4', (build, target, args) => mapLoop(build, target, args, args[2], args[3], false)],
  ['optMap/2', (build, target, args) => optionalMap(build, target, args, 'optMap')],
  ['optFlatMap/2', (build, target, args) => optionalMap(build, target, args, 'optFlatMap')],
  ['sortBy/2', sortBy],
]);

/** What a call stands for, or undefined where it is no macro. Throws MacroError. */
export function expandMacro(call: Call): Expression | undefined {
  const { args, target } = call;
  if (target === undefined) {
    if (call.function !== 'has' || args.length !== 1) return undefined;
    const [select] = args;
    if (select?.kind !== 'select') throw new MacroError(select?.offset ?? 0, 'invalid argument to has() macro');
    return { kind: 'select', offset: call.offset, operand: select.operand, field: select.field, testOnly: true };
  }
  return RECEIVER_MACROS.get(`${call.function}/${args.length}`)?.(new Builder(call.offset), target, args);
}

interface Loop {
  readonly initial: Expression;
  readonly condition: Expression;
  readonly step: Expression;
  readonly result: Expression;
}

/** Makes nodes that all stand where the macro's call stands. */
class Builder {
  private readonly offset: number;

  constructor(offset: number) {
    this.offset = offset;
  }

  literal(value: Value): Expression {
    return { kind: 'literal', offset: this.offset, value };
  }

  ident(name: string): Expression {
    return { kind: 'ident', offset: this.offset, name };
  }

  call(name: string, ...args: Expression[]): Expression {
    return { kind: 'call', offset: this.offset, function: name, target: undefined, args };
  }

  memberCall(name: string, target: Expression, ...args: Expression[]): Expression {
    return { kind: 'call', offset: this.offset, function: name, target, args };
  }

  list(...elements: Expression[]): Expression {
    return { kind: 'list', offset: this.offset, elements, optional: new Set() };
  }

  emptyMap(): Expression {
    return { kind: 'map', offset: this.offset, entries: [] };
  }

  accumulator(): Expression {
    return this.ident(ACCUMULATOR);
  }

  loop(range: Expression, [variable, variable2]: readonly [string, string], loop: Loop, accumulator = ACCUMULATOR): Comprehension {
    return { kind: 'comprehension', offset: this.offset, range, variable, variable2, accumulator, ...loop };
  }

  all(predicate: Expression | undefined): Loop {
    const condition = this.call('@not_strictly_false', this.accumulator());
    const step = this.call('_&&_', this.accumulator(), predicate as Expression);
    return { initial: this.literal(true), condition, step, result: this.accumulator() };
  }

  exists(predicate: Expression | undefined): Loop {
    const condition = this.call('@not_strictly_false', this.call('!_', this.accumulator()));
    const step = this.call('_||_', this.accumulator(), predicate as Expression);
    return { initial: this.literal(false), condition, step, result: this.accumulator() };
  }

  existsOne(predicate: Expression | undefined): Loop {
    const added = this.call('_+_', this.accumulator(), this.literal(1n));
    const step = this.call('_?_:_', predicate as Expression, added, this.accumulator());
    const result = this.call('_==_', this.accumulator(), this.literal(1n));
    return { initial: this.literal(0n), condition: this.literal(true), step, result };
  }

  toList(filter: Expression | undefined, transform: Expression | undefined): Loop {
    const added = this.call('_+_', this.accumulator(), this.list(transform as Expression));
    return { initial: this.list(), condition: this.literal(true), step: this.filtered(filter, added), result: this.accumulator() };
  }

  filtered(filter: Expression | undefined, step: Expression): Expression {
    return filter === undefined ? step : this.call('_?_:_', filter, step, this.accumulator());
  }

  /** Evaluates value once under a name. */
  bind(name: string, value: Expression, result: Expression, condition = this.literal(false), step = this.ident(name)): Expression {
    return this.loop(this.list(), [UNUSED, ''], { initial: value, condition, step, result }, name);
  }
}

function mapLoop(build: Builder, target: Expression, args: readonly Expression[], filter: Expression | undefined, transform: Expression | undefined, keyed: boolean): Expression {
  const variables = twoVariables(args);
  const key = keyed ? [build.ident(variables[0])] : [];
  const step = build.call('cel.@mapInsert', build.accumulator(), ...key, transform as Expression);
  return build.loop(target, variables, {
    initial: build.emptyMap(), condition: build.literal(true), step: build.filtered(filter, step), result: build.accumulator(),
  });
}

function optionalMap(build: Builder, target: Expression, args: readonly Expression[], name: string): Expression {
  const [variable, transform] = args as [Expression, Expression];
  if (variable.kind !== 'ident') throw new MacroError(variable.offset, `${name}() variable name must be a simple identifier`);
  const bound = build.bind(variable.name, build.memberCall('value', copyExpression(target)), transform);
  const whenTrue = name === 'optMap' ? build.call('optional.of', bound) : bound;
  return build.call('_?_:_', build.memberCall('hasValue', target), whenTrue, build.call('optional.none'));
}

function sortBy(build: Builder, target: Expression, args: readonly Expression[]): Expression {
  if (target.kind === 'literal' || target.kind === 'map' || target.kind === 'struct') {
    throw new MacroError(target.offset, 'sortBy can only be applied to a list, identifier, comprehension, call or select expression');
  }
  const name = '@__sortBy_input__';
  const keys = build.loop(build.ident(name), oneVariable(args, 'argument is not an identifier'), build.toList(undefined, args[1]));
  return build.bind(name, target, build.memberCall('@sortByAssociatedKeys', build.ident(name), keys));
}

function oneVariable(args: readonly Expression[], text: string): readonly [string, string] {
  const name = simpleName(args[0], text);
  checkAccumulator(name, args[0]);
  return [name, ''];
}

function twoVariables(args: readonly Expression[]): readonly [string, string] {
  const first = simpleName(args[0], 'argument must be a simple name');
  const second = simpleName(args[1], 'argument must be a simple name');
  if (first === second) throw new MacroError(args[1]?.offset ?? 0, `duplicate variable name: ${first}`);
  checkAccumulator(first, args[0]);
  checkAccumulator(second, args[1]);
  return [first, second];
}

function simpleName(argument: Expression | undefined, text: string): string {
  if (argument?.kind !== 'ident') throw new MacroError(argument?.offset ?? 0, text);
  return argument.name;
}

function checkAccumulator(name: string, argument: Expression | undefined): void {
  if (name === ACCUMULATOR || name === OLD_ACCUMULATOR) throw new MacroError(argument?.offset ?? 0, 'iteration variable overwrites accumulator variable');
}
