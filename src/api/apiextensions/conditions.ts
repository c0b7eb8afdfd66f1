import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from './types.ts';

/** The finalizer that keeps a definition until its objects are gone. */
export const CUSTOM_RESOURCE_CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

type NewCondition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

/** The condition of a type; undefined where there is none. */
export function conditionOf(definition: CustomResourceDefinition, type: string): CustomResourceDefinitionCondition | undefined {
  return definition.status?.conditions?.find((condition) => condition.type === type);
}

/** True where a condition is True. */
export function isConditionTrue(definition: CustomResourceDefinition, type: string): boolean {
  return conditionOf(definition, type)?.status === 'True';
}

/** The definition with a condition; its time of transition is now only where its status is another. Kubernetes: apihelpers.SetCRDCondition. */
export function withCondition(definition: CustomResourceDefinition, condition: NewCondition, now: string): CustomResourceDefinition {
  const conditions = definition.status?.conditions ?? [];
  const old = conditionOf(definition, condition.type);
  const lastTransitionTime = old === undefined || old.status !== condition.status ? now : old.lastTransitionTime ?? now;
  const { type, status, ...rest } = condition;
  const next: CustomResourceDefinitionCondition = { type, status, lastTransitionTime, ...rest };
  return withConditions(definition, old === undefined ? [...conditions, next] : conditions.map((each) => (each === old ? next : each)));
}

/** The definition without a condition. */
export function withoutCondition(definition: CustomResourceDefinition, type: string): CustomResourceDefinition {
  return withConditions(definition, (definition.status?.conditions ?? []).filter((condition) => condition.type !== type));
}

function withConditions(definition: CustomResourceDefinition, conditions: readonly CustomResourceDefinitionCondition[]): CustomResourceDefinition {
  return { ...definition, status: { ...definition.status, conditions } };
}
