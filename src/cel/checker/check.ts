import { type Environment, typeOfTypeName } from '../environment.ts';
import { type Overload, overloadsOf } from '../functions/declarations.ts';
import type { Issue } from '../issue.ts';
import type { Call, Comprehension, Expression, Ident, ListExpression, Literal, MapExpression, Select, StructExpression } from '../syntax/expression.ts';
import {
  BOOL, type CelType, DYN, ERROR, INT, listType, mapType, NULL, optionalType, parseType, sameType, typeParameter, typeType, unwrappedOptional,
} from '../types.ts';
import { typeNameOf } from '../values/value.ts';
import { mostGeneral, Substitutions } from './assignable.ts';

/** Finds the type of every node and the overloads of every call, and tells what does not fit. Kubernetes: cel-go checker/checker.go. */
export function check(expression: Expression, environment: Environment, issues: Issue[]): CelType {
  const checker = new Checker(environment, issues);
  checker.check(expression);
  checker.settle(expression);
  return expression.type as CelType;
}

interface Scope {
  readonly names: ReadonlyMap<string, CelType>;
  readonly outer: Scope | undefined;
}

class Checker {
  private readonly environment: Environment;
  private readonly issues: Issue[];
  private readonly known = new Substitutions();
  private scope: Scope | undefined;
  private parameters = 0;

  constructor(environment: Environment, issues: Issue[]) {
    this.environment = environment;
    this.issues = issues;
  }

  check(expression: Expression): CelType {
    const type = this.typeOf(expression);
    expression.type = type;
    return type;
  }

  /** Parameters that stayed open are dyn. */
  settle(expression: Expression): void {
    const open: Expression[] = [expression];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      node.type = this.known.substitute(node.type ?? DYN, true);
      switch (node.kind) {
        case 'select':
          open.push(node.operand);
          break;
        case 'call':
          if (node.target !== undefined) open.push(node.target);
          open.push(...node.args);
          break;
        case 'list':
          open.push(...node.elements);
          break;
        case 'map':
          for (const entry of node.entries) open.push(entry.key, entry.value);
          break;
        case 'struct':
          for (const field of node.fields) open.push(field.value);
          break;
        case 'comprehension':
          open.push(node.range, node.initial, node.condition, node.step, node.result);
          break;
        default:
      }
    }
  }

  private typeOf(expression: Expression): CelType {
    switch (expression.kind) {
      case 'literal':
        return literalType(expression);
      case 'ident':
        return this.ident(expression);
      case 'select':
        return this.select(expression);
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

  private report(offset: number, message: string): void {
    this.issues.push({ offset, message });
  }

  private lookUp(name: string): CelType | undefined {
    const bare = name.startsWith('.') ? name.slice(1) : name;
    for (let scope = this.scope; scope !== undefined; scope = scope.outer) {
      const type = scope.names.get(bare);
      if (type !== undefined) return type;
    }
    const declared = this.environment.variables.get(bare);
    if (declared !== undefined) return declared;
    if (this.environment.struct?.(bare) !== undefined) return typeType(parseType(bare));
    return typeOfTypeName(bare);
  }

  private functionOf(name: string): readonly Overload[] | undefined {
    const bare = name.startsWith('.') ? name.slice(1) : name;
    if (bare === 'jsonpatch.escapeKey' && this.environment.jsonPatch !== true) return undefined;
    return overloadsOf(bare);
  }

  private undeclared(offset: number, name: string): CelType {
    this.report(offset, `undeclared reference to '${name}' (in container '')`);
    return ERROR;
  }

  private ident(expression: Ident): CelType {
    const type = this.lookUp(expression.name);
    if (type === undefined) return this.undeclared(expression.offset, expression.name);
    if (expression.name.startsWith('.')) expression.name = expression.name.slice(1);
    return type;
  }

  private select(expression: Select): CelType {
    const name = expression.testOnly ? undefined : qualifiedName(expression);
    if (name !== undefined) {
      const type = this.lookUp(name);
      if (type !== undefined) {
        expression.qualifiedName = name.startsWith('.') ? name.slice(1) : name;
        return type;
      }
    }
    const result = this.field(expression.offset, expression.operand, expression.field, false);
    return this.known.substitute(expression.testOnly ? BOOL : result, false);
  }

  private field(offset: number, operand: Expression, field: string, optional: boolean): CelType {
    const operandType = this.known.substitute(this.check(operand), false);
    const unwrapped = unwrappedOptional(operandType);
    const target = unwrapped ?? operandType;
    const result = this.fieldOf(offset, target, field);
    return unwrapped !== undefined || optional ? optionalType(result) : result;
  }

  private fieldOf(offset: number, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'map':
        return target.parameters[1] ?? DYN;
      case 'object':
        return this.structField(offset, target.name, field) ?? ERROR;
      case 'parameter':
        this.known.assignable(DYN, target);
        return DYN;
      case 'dyn':
      case 'error':
        return DYN;
      default:
        this.report(offset, `type '${target.text}' does not support field selection`);
        return DYN;
    }
  }

  private structField(offset: number, name: string, field: string): CelType | undefined {
    const struct = this.environment.struct?.(name);
    if (struct === undefined) {
      this.report(offset, `unexpected failed resolution of '${name}'`);
      return undefined;
    }
    const type = struct.field(field);
    if (type === undefined) this.report(offset, `undefined field '${field}'`);
    return type;
  }

  private call(expression: Call): CelType {
    if (expression.function === '_?._') return this.optionalSelect(expression);
    for (const argument of expression.args) this.check(argument);
    const { target } = expression;
    if (target === undefined) {
      const overloads = this.functionOf(expression.function);
      if (overloads === undefined) return this.undeclared(expression.offset, expression.function);
      if (expression.function.startsWith('.')) expression.function = expression.function.slice(1);
      return this.resolve(expression, overloads);
    }
    // a.b.c() is a function with a dotted name, or c of a.b.
    const prefix = qualifiedName(target);
    const namespaced = prefix === undefined ? undefined : this.functionOf(`${prefix}.${expression.function}`);
    if (namespaced !== undefined) {
      expression.function = `${prefix}.${expression.function}`;
      expression.target = undefined;
      return this.resolve(expression, namespaced);
    }
    this.check(target);
    const overloads = this.functionOf(expression.function);
    if (overloads === undefined) return this.undeclared(expression.offset, expression.function);
    return this.resolve(expression, overloads);
  }

  private optionalSelect(expression: Call): CelType {
    const [operand, field] = expression.args as [Expression, Literal];
    const result = this.field(expression.offset, operand, String(field.value), true);
    field.type = literalType(field);
    expression.overloads = ['select_optional_field'];
    return this.known.substitute(result, false);
  }

  private resolve(expression: Call, overloads: readonly Overload[]): CelType {
    const { target, args } = expression;
    const argumentTypes = [...(target === undefined ? [] : [target]), ...args].map((argument) => argument.type as CelType);
    if (expression.function === '_&&_' || expression.function === '_||_') return this.resolveLogic(expression, argumentTypes);
    const matched: string[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined)) continue;
      const { parameters, returned } = this.instantiate(overload);
      if (!this.known.assignableAll(argumentTypes, parameters)) continue;
      matched.push(overload.id);
      const type = this.known.substitute(returned, false);
      if (result === undefined) result = type;
      else if (result.kind !== 'dyn' && !sameType(result, type)) result = DYN;
    }
    if (result === undefined) {
      const shown = argumentTypes.map((type) => this.known.substitute(type, true).text);
      const signature = target === undefined ? `(${shown.join(', ')})` : `${shown[0]}.(${shown.slice(1).join(', ')})`;
      this.report(expression.offset, `found no matching overload for '${expression.function}' applied to '${signature}'`);
      return ERROR;
    }
    expression.overloads = matched;
    return result;
  }

  private resolveLogic(expression: Call, types: readonly CelType[]): CelType {
    let wrong = false;
    for (const [index, type] of types.entries()) {
      if (this.known.assignable(type, BOOL)) continue;
      this.mismatch(expression.args[index]?.offset ?? 0, BOOL, type);
      wrong = true;
    }
    if (wrong) return ERROR;
    expression.overloads = [expression.function === '_&&_' ? 'logical_and' : 'logical_or'];
    return BOOL;
  }

  private instantiate(overload: Overload): { parameters: readonly CelType[]; returned: CelType } {
    if (!overload.generic) return { parameters: overload.parameters, returned: overload.result };
    const fresh = new Substitutions();
    const named = new Set<string>();
    const rename = (type: CelType): void => {
      if (type.kind === 'parameter' && !named.has(type.text)) {
        named.add(type.text);
        fresh.bind(type, this.newParameter());
      }
      type.parameters.forEach(rename);
    };
    [...overload.parameters, overload.result].forEach(rename);
    return { parameters: overload.parameters.map((type) => fresh.substitute(type, false)), returned: fresh.substitute(overload.result, false) };
  }

  private newParameter(): CelType {
    return typeParameter(`_var${this.parameters++}`);
  }

  private mismatch(offset: number, expected: CelType, actual: CelType): void {
    this.report(offset, `expected type '${expected.text}' but found '${actual.text}'`);
  }

  private list(expression: ListExpression): CelType {
    let elementType: CelType | undefined;
    for (const [index, element] of expression.elements.entries()) {
      const type = this.check(element);
      elementType = this.join(elementType, expression.optional.has(index) ? this.optionalValue(element, type) : type);
    }
    return listType(elementType ?? this.newParameter());
  }

  private map(expression: MapExpression): CelType {
    let keyType: CelType | undefined;
    let valueType: CelType | undefined;
    for (const { key, value, optional } of expression.entries) {
      keyType = this.join(keyType, this.check(key));
      const type = this.check(value);
      valueType = this.join(valueType, optional ? this.optionalValue(value, type) : type);
    }
    return mapType(keyType ?? this.newParameter(), valueType ?? this.newParameter());
  }

  private optionalValue(expression: Expression, type: CelType): CelType {
    const unwrapped = unwrappedOptional(type);
    if (unwrapped === undefined && type.kind !== 'dyn') this.mismatch(expression.offset, optionalType(type), type);
    return unwrapped ?? type;
  }

  private struct(expression: StructExpression): CelType {
    const type = this.lookUp(expression.typeName);
    if (type === undefined) return this.undeclared(expression.offset, expression.typeName);
    if (expression.typeName.startsWith('.')) expression.typeName = expression.typeName.slice(1);
    let result = ERROR;
    if (type.kind !== 'error') {
      const named = type.kind === 'type' ? type.parameters[0] : undefined;
      if (named === undefined) this.report(expression.offset, `'${type.name}' is not a type`);
      else if (named.kind === 'object') result = named;
      else this.report(expression.offset, `'${named.name}' is not a message type`);
    }
    for (const field of expression.fields) {
      const valueType = this.check(field.value);
      const fieldType = this.structField(field.offset, expression.typeName, field.name) ?? ERROR;
      const given = field.optional ? this.optionalValue(field.value, valueType) : valueType;
      if (!this.known.assignable(fieldType, given)) {
        this.report(field.offset, `expected type of field '${field.name}' is '${fieldType.text}' but provided type is '${given.text}'`);
      }
    }
    return result;
  }

  private comprehension(expression: Comprehension): CelType {
    this.check(expression.range);
    const accumulatorType = this.check(expression.initial);
    const rangeType = this.known.substitute(expression.range.type as CelType, false);
    const outer = this.scope;
    const withAccumulator: Scope = { names: new Map([[expression.accumulator, accumulatorType]]), outer };
    const [first, second] = this.variableTypes(expression, rangeType);
    const names = new Map([[expression.variable, first]]);
    if (expression.variable2 !== '') names.set(expression.variable2, second);
    this.scope = { names, outer: withAccumulator };
    this.check(expression.condition);
    this.assertType(expression.condition, BOOL);
    this.check(expression.step);
    this.assertType(expression.step, accumulatorType);
    this.scope = withAccumulator;
    const result = this.check(expression.result);
    this.scope = outer;
    return this.known.substitute(result, false);
  }

  private variableTypes(expression: Comprehension, range: CelType): readonly [CelType, CelType] {
    const two = expression.variable2 !== '';
    switch (range.kind) {
      case 'list':
        return two ? [INT, range.parameters[0] ?? DYN] : [range.parameters[0] ?? DYN, DYN];
      case 'map':
        return [range.parameters[0] ?? DYN, range.parameters[1] ?? DYN];
      case 'dyn':
      case 'error':
      case 'parameter':
        this.known.assignable(DYN, range);
        return [DYN, DYN];
      default:
        this.report(expression.range.offset, `expression of type '${range.text}' cannot be range of a comprehension (must be list, map, or dynamic)`);
        return [ERROR, ERROR];
    }
  }

  private assertType(expression: Expression, type: CelType): void {
    if (!this.known.assignable(type, expression.type as CelType)) this.mismatch(expression.offset, type, expression.type as CelType);
  }

  /** What has no type in common is dyn here; checkLiterals has the last word. */
  private join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    if (this.known.assignable(previous, current)) return mostGeneral(previous, current);
    return DYN;
  }
}

function literalType(expression: Literal): CelType {
  return expression.value === null ? NULL : parseType(typeNameOf(expression.value));
}

/** a.b.c as one name, where it is nothing but names. */
function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === 'ident') return expression.name;
  if (expression.kind !== 'select' || expression.testOnly) return undefined;
  const prefix = qualifiedName(expression.operand);
  return prefix === undefined ? undefined : `${prefix}.${expression.field}`;
}
