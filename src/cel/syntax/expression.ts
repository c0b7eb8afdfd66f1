import type { CelType } from '../types.ts';
import type { Value } from '../values/value.ts';

/** What every node of an expression has. The checker writes type, overloads and reference. */
export interface ExpressionBase {
  /** Where it begins in the source, in UTF-16 units; for operators and calls, the operator or parenthesis. */
  readonly offset: number;
  type?: CelType;
  /** The overloads that a call may come to. */
  overloads?: readonly string[];
}

export interface Literal extends ExpressionBase {
  readonly kind: 'literal';
  readonly value: Value;
}

export interface Ident extends ExpressionBase {
  readonly kind: 'ident';
  name: string;
}

export interface Select extends ExpressionBase {
  readonly kind: 'select';
  readonly operand: Expression;
  readonly field: string;
  /** has(operand.field). */
  readonly testOnly: boolean;
  /** The dotted name that it turned out to be. */
  qualifiedName?: string;
}

export interface Call extends ExpressionBase {
  readonly kind: 'call';
  function: string;
  target: Expression | undefined;
  readonly args: readonly Expression[];
}

export interface ListExpression extends ExpressionBase {
  readonly kind: 'list';
  readonly elements: readonly Expression[];
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly key: Expression;
  readonly value: Expression;
  readonly optional: boolean;
}

export interface MapExpression extends ExpressionBase {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface StructField {
  readonly offset: number;
  readonly name: string;
  readonly value: Expression;
  readonly optional: boolean;
}

export interface StructExpression extends ExpressionBase {
  readonly kind: 'struct';
  typeName: string;
  readonly fields: readonly StructField[];
}

/** A loop that macros expand to. Kubernetes: cel-go common/ast, ComprehensionExpr. */
export interface Comprehension extends ExpressionBase {
  readonly kind: 'comprehension';
  readonly range: Expression;
  readonly variable: string;
  /** '' where there is one variable. */
  readonly variable2: string;
  readonly accumulator: string;
  readonly initial: Expression;
  readonly condition: Expression;
  readonly step: Expression;
  readonly result: Expression;
}

/** A node of an expression's tree. */
export type Expression = Literal | Ident | Select | Call | ListExpression | MapExpression | StructExpression | Comprehension;

/** The parts of a node, in the order of evaluation. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'select':
      return [expression.operand];
    case 'call':
      return expression.target === undefined ? expression.args : [expression.target, ...expression.args];
    case 'list':
      return expression.elements;
    case 'map':
      return expression.entries.flatMap((entry) => [entry.key, entry.value]);
    case 'struct':
      return expression.fields.map((field) => field.value);
    case 'comprehension':
      return [expression.range, expression.initial, expression.condition, expression.step, expression.result];
  }
}

/** A tree of its own with the same places in the source. */
export function copyExpression(expression: Expression): Expression {
  const { offset } = expression;
  switch (expression.kind) {
    case 'literal':
      return { kind: 'literal', offset, value: expression.value };
    case 'ident':
      return { kind: 'ident', offset, name: expression.name };
    case 'select':
      return { kind: 'select', offset, operand: copyExpression(expression.operand), field: expression.field, testOnly: expression.testOnly };
    case 'call':
      return {
        kind: 'call', offset, function: expression.function, args: expression.args.map(copyExpression),
        target: expression.target === undefined ? undefined : copyExpression(expression.target),
      };
    case 'list':
      return { kind: 'list', offset, elements: expression.elements.map(copyExpression), optional: expression.optional };
    case 'map':
      return {
        kind: 'map', offset,
        entries: expression.entries.map((entry) => ({ key: copyExpression(entry.key), value: copyExpression(entry.value), optional: entry.optional })),
      };
    case 'struct':
      return { kind: 'struct', offset, typeName: expression.typeName, fields: expression.fields.map((field) => ({ ...field, value: copyExpression(field.value) })) };
    case 'comprehension':
      return {
        ...expression, range: copyExpression(expression.range), initial: copyExpression(expression.initial),
        condition: copyExpression(expression.condition), step: copyExpression(expression.step), result: copyExpression(expression.result),
      };
  }
}
