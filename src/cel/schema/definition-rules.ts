import { type FieldError, forbidden, invalid, type ValidationRule } from '../../api/index.ts';
import { bounded } from '../cost/range.ts';
import { type CompiledRule, compileRules } from './compile-rule.ts';
import { type DeclaredType, declaredTypeOf } from './declared-type.ts';
import { escapeProperty } from './escape.ts';
import { itemsOf, type Schema, valuesOf } from './schema.ts';

/** What one rule may cost at most, as far as can be told. Kubernetes: StaticEstimatedCostLimit. */
const RULE_COST_MAX = 10_000_000n;
/** What all rules of a version may cost together. Kubernetes: StaticEstimatedCRDCostLimit. */
const SCHEMA_COST_MAX = 100_000_000n;
const EXPENSIVE_SHOWN_MAX = 4;
const HINT = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

/** How rules of a definition are checked. */
export interface DefinitionRuleOptions {
  /** The version is as it was: its rules may cost what they cost before. */
  readonly suppressPerExpressionCost: boolean;
}

/**
 * What is wrong with the x-kubernetes-validations of a version whose schema is right otherwise; path is openAPIV3Schema's.
 * Kubernetes: apiextensions validation, ValidateCustomResourceDefinitionOpenAPISchema.
 */
export function validateDefinitionRules(schema: Schema, path: string, options: DefinitionRuleOptions): readonly FieldError[] {
  const walk = new DefinitionWalk(options);
  walk.visit({ schema, path, isRoot: true, declared: undefined, cardinality: 1n, uncorrelatable: undefined });
  return [...walk.errors, ...walk.totalErrors(path)];
}

interface Place {
  readonly schema: Schema;
  readonly path: string;
  readonly isRoot: boolean;
  /** The type as the schema around knows it; undefined where that does not. */
  readonly declared: DeclaredType | undefined;
  /** How often it can be in one object; undefined: nothing bounds it. */
  readonly cardinality: bigint | undefined;
  /** The path of the list or map whose old elements can't be found. */
  readonly uncorrelatable: string | undefined;
}

class DefinitionWalk {
  readonly errors: FieldError[] = [];
  private readonly options: DefinitionRuleOptions;
  private total = 0n;
  private expensive: { readonly path: string; readonly cost: bigint }[] = [];

  constructor(options: DefinitionRuleOptions) {
    this.options = options;
  }

  visit(place: Place): void {
    const { schema, path } = place;
    const { 'x-kubernetes-map-type': mapType, 'x-kubernetes-list-type': listType } = schema;
    const cardinality = inner(place);
    const at = { isRoot: false, cardinality, declared: undefined, uncorrelatable: place.uncorrelatable };
    const values = valuesOf(schema);
    if (values !== undefined) this.visit({ ...at, schema: values, path: `${path}.additionalProperties`, declared: place.declared?.element });
    const correlatable = mapType === undefined || mapType === 'granular' || mapType === 'atomic';
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const escaped = escapeProperty(name);
      this.visit({
        ...at, schema: property, path: `${path}.properties[${name}]`, declared: escaped === undefined ? undefined : place.declared?.fields?.get(escaped),
        uncorrelatable: correlatable ? place.uncorrelatable : path,
      });
    }
    const items = itemsOf(schema);
    if (items !== undefined) {
      this.visit({ ...at, schema: items, path: `${path}.items`, declared: place.declared?.element, uncorrelatable: listType === 'map' ? place.uncorrelatable : path });
    }
    this.checkRules(place);
  }

  totalErrors(path: string): readonly FieldError[] {
    if (this.total <= SCHEMA_COST_MAX) return [];
    return [
      ...this.expensive.map((rule) => forbidden(rule.path, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema')),
      forbidden(path, tooExpensive('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', this.total, SCHEMA_COST_MAX)),
    ];
  }

  private checkRules(place: Place): void {
    const { schema, path } = place;
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (rules.length === 0) return;
    const declared = place.declared ?? declaredTypeOf(schema, place.isRoot || schema['x-kubernetes-embedded-resource'] === true);
    if (declared === undefined) {
      this.errors.push({
        type: 'InternalError', field: `${path}.x-kubernetes-validations`,
        detail: 'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations',
      });
      return;
    }
    for (const [index, compiled] of compileRules(rules, declared).entries()) {
      this.checkRule(rules[index] as ValidationRule, compiled, `${path}.x-kubernetes-validations[${index}]`, place);
    }
  }

  private checkRule(rule: ValidationRule, compiled: CompiledRule, path: string, { cardinality, uncorrelatable }: Place): void {
    this.observe(`${path}.rule`, bounded(compiled.costMax * (cardinality ?? compiled.cardinalityMax)), 'estimated rule cost');
    if (compiled.error !== undefined) this.errors.push(invalid(`${path}.rule`, shownRule(rule), compiled.error));
    if (compiled.messageError !== undefined) this.errors.push(invalid(`${path}.messageExpression`, shownRule(rule), compiled.messageError));
    else if (compiled.message !== undefined) this.observe(`${path}.messageExpression`, compiled.messageCostMax, 'estimated messageExpression cost');
    if (compiled.usesOldSelf) {
      if (uncorrelatable !== undefined) {
        this.errors.push(invalid(`${path}.rule`, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`));
      }
    } else if (rule.optionalOldSelf !== undefined) {
      this.errors.push(invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
    }
  }

  private observe(path: string, cost: bigint, name: string): void {
    if (!this.options.suppressPerExpressionCost && cost > RULE_COST_MAX) this.errors.push(forbidden(path, tooExpensive(name, cost, RULE_COST_MAX)));
    this.total = bounded(this.total + cost);
    if (cost < SCHEMA_COST_MAX / 100n) return;
    this.expensive.push({ path, cost });
    this.expensive.sort((one, other) => (one.cost > other.cost ? -1 : one.cost < other.cost ? 1 : 0));
    this.expensive = this.expensive.slice(0, EXPENSIVE_SHOWN_MAX);
  }
}

/** How often what is in a schema can be there. Kubernetes: extractMaxElements. */
function inner({ schema, cardinality }: Place): bigint | undefined {
  if (cardinality === undefined) return undefined;
  const bound = schema.type === 'array' ? schema.maxItems : schema.type === 'object' && schema.additionalProperties !== undefined ? schema.maxProperties : 1;
  return bound === undefined ? undefined : bounded(cardinality * BigInt(Math.max(0, bound)));
}

function tooExpensive(name: string, cost: bigint, limit: bigint): string {
  const factor = Number(cost) / Number(limit);
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${shown} ${HINT}`;
}

/** A rule with the names that Go gives its fields, as errors show it. */
function shownRule(rule: ValidationRule): object {
  return {
    Rule: rule.rule, Message: rule.message ?? '', MessageExpression: rule.messageExpression ?? '', Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '', OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
