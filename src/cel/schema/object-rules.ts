import { type FieldError, fieldErrorBody, type FieldErrorType, forbidden, invalid, omittedValue, required, type ValidationRule, validFieldPath } from '../../api/index.ts';
import { jsonEqual } from '../../base/index.ts';
import type { Outcome, Program } from '../compile.ts';
import { COST_LIMIT_TEXT } from '../compile.ts';
import type { Activation } from '../evaluator/frame.ts';
import { CelError, CelOptional, type Value } from '../values/value.ts';
import { type CompiledRule, compileRules } from './compile-rule.ts';
import { type DeclaredType, declaredTypeOf } from './declared-type.ts';
import { escapeProperty } from './escape.ts';
import { fromJsonWithSchema } from './schema-value.ts';
import { itemsOf, propertyOf, type Schema, valuesOf, withTypeAndObjectMeta } from './schema.ts';

/** What all rules for one object may cost together. Kubernetes: apiserver/pkg/apis/cel, RuntimeCELCostBudget. */
const OBJECT_COST_BUDGET = 10_000_000;
const MESSAGE_BYTES_MAX = 5 * 1024;
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';
const ERROR_TYPES: Readonly<Record<string, FieldErrorType>> = { FieldValueForbidden: 'Forbidden', FieldValueRequired: 'Required', FieldValueDuplicate: 'Duplicate' };

/** What rules say of an object. */
export interface RuleVerdict {
  readonly errors: readonly FieldError[];
  /** Rules that were broken before, in parts that have not changed. Kubernetes: CRDValidationRatcheting. */
  readonly warnings: readonly string[];
  /** What is left of the object's budget; negative where it did not suffice. */
  readonly costLeft: number;
}

/** Checks objects by the x-kubernetes-validations of a schema. */
export interface RuleValidator {
  /** old: the object before an update. path is '' for a whole object. */
  validate(object: unknown, old: unknown, path?: string): RuleVerdict;
}

/** A validator for the rules of a version's schema; undefined where it has none. Kubernetes: apiserver/schema/cel, NewValidator. */
export function ruleValidatorFor(schema: Schema): RuleValidator | undefined {
  if (!hasRules(schema)) return undefined;
  const root = nodeFor(schema, true, declaredTypeOf(schema, true));
  if (root === undefined) return undefined;
  return {
    validate(object, old, path = '') {
      const run = new Run();
      const has = old !== undefined && old !== null;
      run.node(root, path, object, has ? old : undefined, has ? { value: object, old, schema } : undefined, undefined);
      return { errors: run.errors, warnings: run.warnings, costLeft: run.costLeft };
    },
  };
}

/** One place of a schema with rules at it or below it. */
interface Node {
  readonly schema: Schema;
  readonly isResourceRoot: boolean;
  readonly rules: readonly ValidationRule[];
  readonly compiled: readonly CompiledRule[];
  readonly typeError: boolean;
  readonly items: Node | undefined;
  readonly values: Node | undefined;
  readonly properties: ReadonlyMap<string, Node>;
}

function hasRules(schema: Schema | undefined): boolean {
  if (schema === undefined) return false;
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true;
  return hasRules(itemsOf(schema)) || hasRules(valuesOf(schema)) || Object.values(schema.properties ?? {}).some(hasRules);
}

function nodeFor(schema: Schema, isResourceRoot: boolean, declared: DeclaredType | undefined): Node | undefined {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const isEmbedded = (part: Schema): boolean => part['x-kubernetes-embedded-resource'] === true;
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  const properties = new Map<string, Node>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const escaped = escapeProperty(name);
    const type = escaped === undefined ? declaredTypeOf(property, isEmbedded(property)) : declared?.fields?.get(escaped);
    const node = type === undefined ? undefined : nodeFor(property, isEmbedded(property), type);
    if (node !== undefined) properties.set(name, node);
  }
  const node: Node = {
    schema, isResourceRoot, rules, properties, typeError: rules.length > 0 && declared === undefined,
    compiled: rules.length === 0 || declared === undefined ? [] : compileRules(rules, declared),
    items: items === undefined ? undefined : nodeFor(items, isEmbedded(items), declared?.element),
    values: values === undefined ? undefined : nodeFor(values, isEmbedded(values), declared?.element),
  };
  return rules.length === 0 && node.items === undefined && node.values === undefined && properties.size === 0 ? undefined : node;
}

/** A part of an object beside what it was before an update. Kubernetes: apiserver/pkg/cel/common, CorrelatedObject. */
interface Correlated {
  readonly value: unknown;
  readonly old: unknown;
  readonly schema: Schema;
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One check of one object, with its budget. */
class Run {
  readonly errors: FieldError[] = [];
  readonly warnings: string[] = [];
  costLeft = OBJECT_COST_BUDGET;

  node(node: Node, path: string, value: unknown, old: unknown, correlated: Correlated | undefined, around: Correlated | undefined): void {
    if (value === null || value === undefined || this.costLeft < 0) return;
    this.rules(node, path, value, old, correlated, around);
    if (this.costLeft < 0) return;
    const below = correlated ?? around;
    if (Array.isArray(value)) this.array(node, path, value, Array.isArray(old) ? old : [], correlated, below);
    else if (isObject(value)) this.object(node, path, value, isObject(old) ? old : {}, correlated, below);
  }

  private array(node: Node, path: string, values: readonly unknown[], olds: readonly unknown[], correlated: Correlated | undefined, around: Correlated | undefined): void {
    const { items, schema } = node;
    if (items === undefined) return;
    const find = oldItems(schema, olds);
    for (const [index, value] of values.entries()) {
      const old = find(value);
      const inner = correlated === undefined || old === undefined ? undefined : { value, old, schema: items.schema };
      this.node(items, `${path}[${index}]`, value, old, inner, around);
      if (this.costLeft < 0) return;
    }
  }

  private object(node: Node, path: string, object: Json, old: Json, correlated: Correlated | undefined, around: Correlated | undefined): void {
    const { 'x-kubernetes-map-type': mapType } = node.schema;
    const correlatable = mapType === undefined || mapType === 'granular' || mapType === 'atomic';
    for (const name of Object.keys(object)) {
      const property = node.properties.get(name);
      const child = property ?? node.values;
      if (child === undefined) continue;
      const before = correlatable && Object.hasOwn(old, name) ? old[name] : undefined;
      // The versions of an object before and after an update are made the same before they get here.
      const hidden = around === correlated && path === '' && (name === 'apiVersion' || name === 'kind');
      const inner = correlated === undefined || !isObject(correlated.old) || !Object.hasOwn(correlated.old, name) || hidden
        ? undefined : { value: object[name], old: correlated.old[name], schema: child.schema };
      const at = property === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
      this.node(child, at, object[name], before, inner, hidden ? undefined : around);
      if (this.costLeft < 0) return;
    }
  }

  private rules(node: Node, path: string, value: unknown, old: unknown, correlated: Correlated | undefined, around: Correlated | undefined): void {
    if (node.rules.length === 0) return;
    const type = node.schema.type ?? '';
    if (node.typeError) {
      this.errors.push(invalid(path, type, 'rule compiler initialization error: failed to convert to declType for CEL validation rules'));
      return;
    }
    if (this.costLeft <= 0) {
      this.errors.push(invalid(path, type, OUT_OF_BUDGET));
      this.costLeft = -1;
      return;
    }
    const schema = node.isResourceRoot ? withTypeAndObjectMeta(node.schema) : node.schema;
    const self = fromJsonWithSchema(value, schema);
    const oldSelf = old === undefined || old === null ? undefined : fromJsonWithSchema(old, schema);
    for (const [index, rule] of node.rules.entries()) {
      this.rule(node, rule, node.compiled[index] as CompiledRule, path, value, self, oldSelf, () => isUnchanged(correlated ?? around));
      if (this.costLeft < 0) return;
    }
  }

  private rule(
    node: Node, rule: ValidationRule, compiled: CompiledRule, path: string, json: unknown, self: Value, oldSelf: Value | undefined, ratchets: () => boolean,
  ): void {
    const type = node.schema.type ?? '';
    if (compiled.error !== undefined) {
      this.errors.push(invalid(path, type, `rule compile error: ${compiled.error}`));
      return;
    }
    if (compiled.program === undefined) return;
    const optional = rule.optionalOldSelf === true;
    if (compiled.usesOldSelf && oldSelf === undefined && !optional) return;
    const optionalOldSelf = oldSelf === undefined ? CelOptional.none : new CelOptional(oldSelf);
    const plainActivation: Activation = (name) => (name === 'self' ? self : name === 'oldSelf' ? oldSelf : undefined);
    const optionalActivation: Activation = (name) => (name === 'self' ? self : name === 'oldSelf' ? optionalOldSelf : undefined);
    const activation = optional ? optionalActivation : plainActivation;
    const outcome = compiled.program.evaluate(activation);
    if (!this.spend(outcome)) {
      this.errors.push(invalid(path, type, OUT_OF_BUDGET));
      return;
    }
    if (outcome.value === true) return;
    if (outcome.value instanceof CelError) {
      this.errors.push(invalid(path, type, this.failure(outcome.value, rule)));
      return;
    }
    this.broken(node, rule, compiled, path, json, plainActivation, ratchets);
  }

  private failure({ message }: CelError, rule: ValidationRule): string {
    if (message.startsWith('no such overload')) {
      return `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`;
    }
    if (message === COST_LIMIT_TEXT) {
      this.costLeft = -1;
      return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`;
    }
    return `${message} evaluating rule: ${ruleText(rule)}`;
  }

  private broken(node: Node, rule: ValidationRule, compiled: CompiledRule, path: string, json: unknown, activation: Activation, ratchets: () => boolean): void {
    const type = node.schema.type ?? '';
    const inside = fieldPathOf(rule, node.schema);
    const at = path === '' || inside === '' ? path + inside : `${path}.${inside}`;
    const add = (error: FieldError): void => {
      if (!compiled.usesOldSelf && ratchets()) this.warnings.push(`${error.field}: ${fieldErrorBody(error)}`);
      else this.errors.push(error);
    };
    let detail = (rule.message ?? '') === '' ? `failed rule: ${ruleText(rule)}` : (rule.message as string).trim();
    if (compiled.message !== undefined) {
      const message = this.message(compiled.message, rule.messageExpression ?? '', activation);
      if (message !== undefined && 'failure' in message) {
        add(invalid(at, type, message.failure));
        this.costLeft = -1;
        return;
      }
      detail = message?.text ?? detail;
    }
    const value = type === 'object' || type === 'array' ? omittedValue : json;
    const errorType = ERROR_TYPES[rule.reason ?? ''];
    if (errorType === 'Forbidden') add(forbidden(at, detail));
    else if (errorType === 'Required') add(required(at, detail));
    else if (errorType === 'Duplicate') add({ type: 'Duplicate', field: at, value, detail: '' });
    else add(invalid(at, value, detail));
  }

  /** undefined: the expression gives nothing fit to be a message. */
  private message(program: Program, source: string, activation: Activation): { readonly text: string } | { readonly failure: string } | undefined {
    const outcome = program.evaluate(activation);
    if (!this.spend(outcome)) return { failure: 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run' };
    if (outcome.exceeded) return { failure: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(source)}` };
    if (typeof outcome.value !== 'string') return undefined;
    const text = outcome.value.trim();
    return text === '' || text.includes('\n') || new TextEncoder().encode(text).length > MESSAGE_BYTES_MAX ? undefined : { text };
  }

  private spend({ cost }: Outcome): boolean {
    if (cost > this.costLeft) {
      this.costLeft = -1;
      return false;
    }
    this.costLeft -= cost;
    return true;
  }
}

function isUnchanged(correlated: Correlated | undefined): boolean {
  return correlated !== undefined && (correlated.value === correlated.old || jsonEqual(correlated.value, correlated.old));
}

/** Only items of lists of type map are known again. */
function oldItems(schema: Schema, olds: readonly unknown[]): (item: unknown) => unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || olds.length === 0) return () => undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  const keyOf = (item: unknown): string => JSON.stringify(keys.map((key) => {
    const value = isObject(item) && Object.hasOwn(item, key) ? item[key] : undefined;
    return value ?? (items === undefined ? null : (propertyOf(items, key)?.default ?? null));
  }));
  const byKey = new Map(olds.map((item) => [keyOf(item), item] as const));
  return (item) => byKey.get(keyOf(item));
}

function ruleText(rule: ValidationRule): string {
  return ((rule.message ?? '') === '' ? rule.rule : rule.message as string).trim();
}

function fieldPathOf(rule: ValidationRule, schema: Schema): string {
  if ((rule.fieldPath ?? '') === '') return '';
  const found = validFieldPath(rule.fieldPath as string, schema);
  return 'error' in found ? '' : found.path;
}
