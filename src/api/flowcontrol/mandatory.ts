import type { FlowSchemaSpec, PolicyRulesWithSubjects, PriorityLevelConfigurationSpec } from '../types.ts';

const everything: Omit<PolicyRulesWithSubjects, 'subjects'> = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};

function ofGroups(...names: readonly string[]): PolicyRulesWithSubjects {
  return { subjects: names.map((name) => ({ kind: 'Group', group: { name } })), ...everything };
}

/** Flow schemas that every cluster has, and has so. Kubernetes: apiserver/pkg/apis/flowcontrol/bootstrap, MandatoryFlowSchemas. */
export const mandatoryFlowSchemas: ReadonlyMap<string, FlowSchemaSpec> = new Map<string, FlowSchemaSpec>([
  ['exempt', { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1, rules: [ofGroups('system:masters')] }],
  ['catch-all', {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [ofGroups('system:unauthenticated', 'system:authenticated')],
  }],
]);

/** Priority levels that every cluster has. Kubernetes: apiserver/pkg/apis/flowcontrol/bootstrap, MandatoryPriorityLevelConfigurations. */
export const mandatoryPriorityLevels: ReadonlyMap<string, PriorityLevelConfigurationSpec> = new Map<string, PriorityLevelConfigurationSpec>([
  ['exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
  ['catch-all', { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } }],
]);
