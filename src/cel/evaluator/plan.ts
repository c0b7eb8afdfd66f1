import { typeOfTypeName } from '../environment.ts';
import { callFunction, isRegexFunction } from '../functions/call.ts';
import { compileRegex, RegexError } from '../../base/index.ts';
import type { Environment } from '../environment.ts';
import type { Call, Comprehension, Expression, ListExpression, MapExpression, StructExpression } from '../syntax/expression.ts';
import { celEquals } from '../values/equality.ts';
import {
  CelError, CelList, CelMap, CelOptional, CelTypeValue, GrowingList, mapKey, NO_SUCH_OVERLOAD, typeNameOf, type Value, ValueList, ValueMap,
} from '../values/value.ts';
import { CONVERSIONS } from '../values/convert.ts';
import { type Attribute, resolveStep, withQualifier } from './attribute.ts';
import { callCost } from './call-cost.ts';
import type { Frame, Step } from './frame.ts';

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

/** An expression can't become a program: a constant of it is wrong. */
export class ProgramError extends Error {}

/** A node made ready: how to evaluate it, and what later steps may build on. */
interface Plan {
  readonly eval: Step;
  readonly constant?: Value;
  readonly attribute?: Attribute;
}

/** The step that evaluates an expression the checker has seen. Throws ProgramError. Kubernetes: cel-go interpreter/planner.go. */
export function planExpression(expression: Expression, environment: Environment): Step {
  return new Planner(environment).plan(expression).eval;
}

class Planner {
  private readonly environment: Environment;
  /** The variables of loops, by name. */
  private readonly scope = new Map<string, Step>();
  private slotCount = 0;

  constructor(environment: Environment) {
    this.environment = environment;
  }

  plan(expression: Expression): Plan {
    switch (expression.kind) {
      case 'literal':
        return constantPlan(expression.value);
      case 'ident':
        return this.variable(expression.name);
      case 'select': {
        if (expression.qualifiedName !== undefined) return this.variable(expression.qualifiedName);
        const { field, testOnly } = expression;
        return attributePlan(withQualifier(this.attribute(expression.operand), { key: field, computed: undefined, optional: false, testOnly }), testOnly);
      }
      case 'call':
        return this.call(expression);
      case 'list':
        return this.list(expression);
      case 'map':
        return this.map(expression);
      case 'struct':
        return this.struct(expression);
      case 'comprehension':
        return this.comprehension(expression);
    }
  }

  private variable(name: string): Plan {
    const local = this.scope.get(name);
    if (local !== undefined) return attributePlan({ kind: 'path', base: local, qualifiers: [] });
    if (!this.environment.variables.has(name)) {
      const typeName = typeOfTypeName(name)?.parameters[0]?.name ?? (this.environment.struct?.(name) === undefined ? undefined : name);
      if (typeName !== undefined) return constantPlan(new CelTypeValue(typeName));
    }
    const missing = new CelError(`no such attribute(s): ${name}`);
    return attributePlan({
      kind: 'path', qualifiers: [],
      base: (frame) => {
        const value = frame.activation(name);
        return value === undefined ? missing : value; // null is a value: the old object of a creation
      },
    });
  }

  private attribute(expression: Expression): Attribute {
    const plan = this.plan(expression);
    return plan.attribute ?? { kind: 'path', base: plan.eval, qualifiers: [] };
  }

  private call(expression: Call): Plan {
    const { args } = expression;
    const [first, second, third] = args as [Expression, Expression, Expression];
    switch (expression.function) {
      case '_&&_':
        return { eval: logic(this.plan(first).eval, this.plan(second).eval, false) };
      case '_||_':
        return { eval: logic(this.plan(first).eval, this.plan(second).eval, true) };
      case '_?_:_':
        return attributePlan({ kind: 'conditional', condition: this.plan(first).eval, whenTrue: this.attribute(second), whenFalse: this.attribute(third) });
      case '_==_':
        return { eval: equality(this.plan(first).eval, this.plan(second).eval, false) };
      case '_!=_':
        return { eval: equality(this.plan(first).eval, this.plan(second).eval, true) };
      case '_[_]':
        return this.index(first, second, false);
      case '_?._':
      case '_[?_]':
        return this.index(first, second, true);
      case 'or':
      case 'orValue':
        return { eval: orElse(this.plan(expression.target as Expression).eval, this.plan(first).eval, expression.function === 'orValue') };
      case '@not_strictly_false':
        return { eval: notStrictlyFalse(this.plan(first).eval) };
      default:
        return this.functionCall(expression);
    }
  }

  private index(operand: Expression, index: Expression, optional: boolean): Plan {
    const attribute = this.attribute(operand);
    const plan = this.plan(index);
    const computed = plan.constant === undefined ? (plan.attribute === undefined ? plan.eval : resolveStep(plan.attribute)) : undefined;
    return attributePlan(withQualifier(attribute, { key: plan.constant, computed, optional, testOnly: false }));
  }

  private functionCall(expression: Call): Plan {
    const { function: name, target, args, overloads = [] } = expression;
    const plans = (target === undefined ? args : [target, ...args]).map((argument) => this.plan(argument));
    const overload = overloads.length === 1 ? (overloads[0] as string) : '';
    const [first, second] = plans;
    if (name in CONVERSIONS && plans.length === 1 && first?.constant !== undefined) return folded(name, overload, first.constant);
    if (overload === 'in_list' && second?.constant instanceof CelList) {
      const membership = setMembership(first as Plan, second.constant);
      if (membership !== undefined) return membership;
    }
    if (isRegexFunction(name) && typeof second?.constant === 'string') checkPattern(second.constant);
    return { eval: callStep(name, overload, plans.map((plan) => plan.eval)) };
  }

  private list(expression: ListExpression): Plan {
    const plans = expression.elements.map((element) => this.plan(element));
    const { optional } = expression;
    const build = (frame: Frame): Value => {
      const elements: Value[] = [];
      for (let index = 0; index < plans.length; index++) {
        const value = (plans[index] as Plan).eval(frame);
        if (value instanceof CelError) return value;
        if (!optional.has(index)) elements.push(value);
        else if (!(value instanceof CelOptional)) return new CelError(`cannot initialize optional list element from non-optional value ${typeNameOf(value)}`);
        else if (value.value !== undefined) elements.push(value.value);
      }
      return new ValueList(elements);
    };
    if (plans.every((plan) => plan.constant !== undefined)) return constantPlan(build(undefined as unknown as Frame));
    return { eval: spending(build, LIST_COST) };
  }

  private map(expression: MapExpression): Plan {
    const entries = expression.entries.map(({ key, value, optional }) => ({ key: this.plan(key), value: this.plan(value), optional }));
    const build = (frame: Frame): Value => {
      const pairs = new Map<string, readonly [Value, Value]>();
      for (const entry of entries) {
        const key = entry.key.eval(frame);
        if (key instanceof CelError) return key;
        let value = entry.value.eval(frame);
        if (value instanceof CelError) return value;
        const name = mapKey(key);
        if (name === undefined) return new CelError(`unsupported key type: ${typeNameOf(key)}`);
        if (entry.optional) {
          if (!(value instanceof CelOptional)) return new CelError(`cannot initialize optional entry '${name.slice(1)}' from non-optional value ${typeNameOf(value)}`);
          if (value.value === undefined) {
            pairs.delete(name);
            continue;
          }
          value = value.value;
        }
        pairs.set(name, [key, value]);
      }
      return new ValueMap(pairs);
    };
    if (entries.every((entry) => entry.key.constant !== undefined && entry.value.constant !== undefined)) return constantPlan(build(undefined as unknown as Frame));
    return { eval: spending(build, MAP_COST) };
  }

  private struct(expression: StructExpression): Plan {
    const struct = this.environment.struct?.(expression.typeName);
    const fields = expression.fields.map(({ name, value, optional }) => ({ name, step: this.plan(value).eval, optional }));
    const build = (frame: Frame): Value => {
      const values = new Map<string, Value>();
      for (const field of fields) {
        let value = field.step(frame);
        if (value instanceof CelError) return value;
        if (field.optional) {
          if (!(value instanceof CelOptional)) return new CelError(`cannot initialize optional entry '${field.name}' from non-optional value ${typeNameOf(value)}`);
          if (value.value === undefined) {
            values.delete(field.name);
            continue;
          }
          value = value.value;
        }
        values.set(field.name, value);
      }
      return struct?.create?.(values) ?? new CelError(`unknown type '${expression.typeName}'`);
    };
    return { eval: spending(build, STRUCT_COST) };
  }

  /** The accumulator is evaluated when it is first asked for. Kubernetes: cel-go interpreter, evalFold. */
  private comprehension(expression: Comprehension): Plan {
    const range = this.plan(expression.range).eval;
    const initial = this.plan(expression.initial).eval;
    const slot = this.slotCount;
    this.slotCount += 3;
    const growing = expression.initial.kind === 'list' && expression.initial.elements.length === 0;
    const accumulator: Step = (frame) => {
      const known = frame.locals[slot];
      if (known !== undefined) return known;
      const first = initial(frame);
      const value = growing ? new GrowingList([]) : first;
      frame.locals[slot] = value;
      return value;
    };
    const restore = this.bind(expression.accumulator, accumulator);
    const restoreFirst = this.bind(expression.variable, (frame) => frame.locals[slot + 1] as Value);
    const restoreSecond = expression.variable2 === '' ? undefined : this.bind(expression.variable2, (frame) => frame.locals[slot + 2] as Value);
    const condition = this.plan(expression.condition).eval;
    const step = this.plan(expression.step).eval;
    restoreSecond?.();
    restoreFirst();
    const result = this.plan(expression.result).eval;
    restore();
    const two = expression.variable2 !== '';
    return {
      eval: (frame) => {
        const over = range(frame);
        if (over instanceof CelError) return over;
        frame.locals[slot] = undefined;
        const failure = iterate(over, two, (one, other) => {
          frame.locals[slot + 1] = one;
          frame.locals[slot + 2] = other;
          if (condition(frame) === false) return false;
          frame.locals[slot] = step(frame);
          return true;
        });
        return failure ?? finished(result(frame));
      },
    };
  }

  private bind(name: string, base: Step): () => void {
    const before = this.scope.get(name);
    this.scope.set(name, base);
    return () => {
      if (before === undefined) this.scope.delete(name);
      else this.scope.set(name, before);
    };
  }
}

function constantPlan(value: Value): Plan {
  return { eval: () => value, constant: value };
}

/** An attribute costs one where it is a value of its own; has() does not, and a conditional has only what its parts cost. */
function attributePlan(attribute: Attribute, testOnly = false): Plan {
  const resolve = resolveStep(attribute);
  const cost = testOnly || attribute.kind === 'conditional' ? 0 : 1;
  return {
    attribute,
    eval: (frame) => {
      const value = resolve(frame);
      frame.spend(cost);
      return testOnly && value instanceof CelOptional ? value.value !== undefined : value;
    },
  };
}

/** && and ||: what decides wins over errors, from whichever side it comes. */
function logic(left: Step, right: Step, deciding: boolean): Step {
  return (frame) => {
    const one = left(frame);
    if (one === deciding) return deciding;
    const other = right(frame);
    if (other === deciding) return deciding;
    if (typeof one !== 'boolean') return one instanceof CelError ? one : NO_SUCH_OVERLOAD;
    if (typeof other !== 'boolean') return other instanceof CelError ? other : NO_SUCH_OVERLOAD;
    return !deciding;
  };
}

function equality(left: Step, right: Step, negated: boolean): Step {
  const name = negated ? '_!=_' : '_==_';
  const overload = negated ? 'not_equals' : 'equals';
  return (frame) => {
    const one = left(frame);
    const other = right(frame);
    const equal = celEquals(one, other);
    const unequal = !(one instanceof CelError || other instanceof CelError) && equal !== true;
    const result = negated ? (one instanceof CelError ? one : other instanceof CelError ? other : unequal) : equal;
    frame.spend(callCost(name, overload, [one, other], result));
    return result;
  };
}

function orElse(left: Step, right: Step, unwraps: boolean): Step {
  return (frame) => {
    const value = left(frame);
    if (!(value instanceof CelOptional)) return value;
    if (value.value === undefined) return right(frame);
    return unwraps ? value.value : value;
  };
}

function notStrictlyFalse(inner: Step): Step {
  return (frame) => {
    const value = inner(frame);
    frame.spend(1);
    return typeof value === 'boolean' ? value : true;
  };
}

function callStep(name: string, overload: string, steps: readonly Step[]): Step {
  return (frame) => {
    const values: Value[] = [];
    let failure: CelError | undefined;
    for (const step of steps) {
      const value = step(frame);
      values.push(value);
      if (value instanceof CelError) {
        failure ??= value;
        // Calls of three and more give up at once, and then have no cost.
        if (steps.length > 2) return failure;
      }
    }
    const result = failure ?? callFunction(name, overload, values);
    frame.spend(callCost(name, overload, values, result));
    return result;
  };
}

function spending(build: Step, cost: number): Step {
  return (frame) => {
    const value = build(frame);
    frame.spend(cost);
    return value;
  };
}

/** int('3') and its kin are done once. */
function folded(name: string, overload: string, argument: Value): Plan {
  const value = callFunction(name, overload, [argument]);
  if (value instanceof CelError) throw new ProgramError(value.message);
  return constantPlan(value);
}

/** x in [1, 2, 3] looks x up, and costs nothing but x. */
function setMembership(tested: Plan, list: CelList): Plan | undefined {
  if (list.size === 0) return constantPlan(false);
  const members = new Set<string>();
  for (let index = 0; index < list.size; index++) {
    const member = list.get(index);
    const key = member === null ? 'null' : mapKey(member);
    if (key === undefined) return undefined;
    members.add(key);
  }
  return {
    eval: (frame) => {
      const value = tested.eval(frame);
      if (value instanceof CelError) return value;
      const key = value === null ? 'null' : mapKey(value);
      return key !== undefined && members.has(key);
    },
  };
}

function checkPattern(pattern: string): void {
  try {
    compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new ProgramError(error.message);
    throw error;
  }
}

function iterate(over: Value, two: boolean, visit: (one: Value, other: Value) => boolean): CelError | undefined {
  if (over instanceof CelList) {
    for (let index = 0; index < over.size; index++) {
      const element = over.get(index);
      if (!(two ? visit(BigInt(index), element) : visit(element, null))) break;
    }
    return undefined;
  }
  if (over instanceof CelMap) {
    for (const key of over.keys()) if (!visit(key, two ? (over.find(key) ?? null) : null)) break;
    return undefined;
  }
  return two ? new CelError(`unsupported comprehension range type: ${goTypeOf(over)}`) : new CelError(`got '${goTypeOf(over)}', expected iterable type`);
}

/** What Go calls the type of a value that is no list and no map. */
function goTypeOf(value: Value): string {
  const names: Readonly<Record<string, string>> = {
    string: 'types.String', int: 'types.Int', uint: 'types.Uint', double: 'types.Double', bool: 'types.Bool', bytes: 'types.Bytes', null_type: 'types.Null',
    'google.protobuf.Duration': 'types.Duration', 'google.protobuf.Timestamp': 'types.Timestamp', type: '*types.Type', optional_type: '*types.Optional',
  };
  return names[typeNameOf(value)] ?? typeNameOf(value);
}

/** A list that has been added to is not added to any more. */
function finished(value: Value): Value {
  return value instanceof GrowingList ? new ValueList(value.elements) : value;
}
