import {
  approvalCondition, conditionOf, type CustomResourceDefinition, type CustomResourceDefinitionCondition, fieldErrorBody, structuralProblem, validateStructural,
  withCondition, withoutCondition,
} from '../../api/index.ts';

type NewCondition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

/** The definition told whether its schemas are structural; the same one where nothing is new. Kubernetes: controller/nonstructuralschema. */
export function withSchemaCondition(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  const condition = nonStructural(definition);
  const old = conditionOf(definition, 'NonStructuralSchema');
  if (condition === undefined) return old === undefined ? definition : withoutCondition(definition, 'NonStructuralSchema');
  return isTold(old, condition) ? definition : withCondition(definition, condition, now);
}

const seen = new WeakMap<CustomResourceDefinition['spec'], { readonly condition: NewCondition | undefined }>();

function nonStructural({ spec }: CustomResourceDefinition): NewCondition | undefined {
  let known = seen.get(spec);
  if (known === undefined) {
    known = { condition: findViolations(spec) };
    seen.set(spec, known);
  }
  return known.condition;
}

function findViolations(spec: CustomResourceDefinition['spec']): NewCondition | undefined {
  const type = 'NonStructuralSchema';
  const texts: string[] = [];
  if (spec.preserveUnknownFields === true) texts.push('spec.preserveUnknownFields: Invalid value: true: must be false');
  for (const [index, version] of spec.versions.entries()) {
    const schema = version.schema?.openAPIV3Schema;
    if (schema === undefined) continue;
    const problem = structuralProblem(schema);
    if (problem !== undefined) return { type, status: 'Unknown', reason: 'StructuralError', message: `failed to check validation schema for version ${version.name}: ${problem}` };
    for (const error of validateStructural(schema, `spec.versions[${index}].schema.openAPIV3Schema`)) texts.push(`${error.field}: ${fieldErrorBody(error)}`);
  }
  if (texts.length === 0) return undefined;
  const unique = [...new Set(texts)];
  return { type, status: 'True', reason: 'Violations', message: unique.length === 1 ? unique[0] ?? '' : `[${unique.join(', ')}]` };
}

/** The definition told whether its group's owners know of it; the same one where nothing is new. Kubernetes: controller/apiapproval. */
export function withApprovalCondition(definition: CustomResourceDefinition, now: string): CustomResourceDefinition {
  const condition = approvalCondition(definition);
  if (condition === undefined || isTold(conditionOf(definition, condition.type), condition)) return definition;
  return withCondition(definition, condition, now);
}

function isTold(old: CustomResourceDefinitionCondition | undefined, condition: NewCondition): boolean {
  return old !== undefined && old.status === condition.status && old.reason === condition.reason && old.message === condition.message;
}
