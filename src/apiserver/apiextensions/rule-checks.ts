import { customResourceDefinitionsWith, type JSONSchemaProps, type KubernetesObject, type ResourceDefinition, type RuleChecks, type CheckRules } from '../../api/index.ts';
import { type RuleValidator, ruleValidatorFor, validateDefinitionRules } from '../../cel/index.ts';

/** Definitions' rules are compiled when they are written. */
const RULE_CHECKS: RuleChecks = {
  ofSchema: (schema, path, suppressPerExpressionCost) => validateDefinitionRules(schema, path, { suppressPerExpressionCost }),
  ofDefault: (value, schema, path) => ruleValidatorFor(schema)?.validate(value, undefined, path).errors ?? [],
};

/** The built-in definition of a resource, with what needs CEL added. */
export function withRuleChecks(definition: ResourceDefinition): ResourceDefinition {
  const isDefinitions = definition.group === 'apiextensions.k8s.io' && definition.resource === 'customresourcedefinitions';
  return isDefinitions ? customResourceDefinitionsWith(RULE_CHECKS) as unknown as ResourceDefinition : definition;
}

/** Checks objects by the rules of a version; they are compiled when the first object comes. undefined where there is no schema. */
export function ruleCheckOf(schema: JSONSchemaProps | undefined): CheckRules | undefined {
  if (schema === undefined || !hasRules(schema)) return undefined;
  let validator: RuleValidator | undefined;
  return (object: KubernetesObject, old: KubernetesObject | undefined) => {
    validator ??= ruleValidatorFor(schema);
    const verdict = validator?.validate(object, old) ?? NOTHING;
    if (verdict.errors.length === 0) return verdict;
    // Go's path to the whole is nil.
    return { ...verdict, errors: verdict.errors.map((error) => (error.field === '' ? { ...error, field: '<nil>' } : error)) };
  };
}

const NOTHING: ReturnType<CheckRules> = Object.freeze({ errors: Object.freeze([]), warnings: Object.freeze([]) });

function hasRules(schema: JSONSchemaProps): boolean {
  return JSON.stringify(schema).includes('"x-kubernetes-validations"');
}
