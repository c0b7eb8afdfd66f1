import type { FlowSchemaSpec, FlowcontrolV1Subject, PolicyRulesWithSubjects, PriorityLevelConfigurationSpec } from '../types.ts';

// Errors that show a whole spec print the server's internal type, which has Go's names and no fields left out.

/** A flow schema's spec as errors print it. */
export function internalFlowSchemaSpec(spec: FlowSchemaSpec): unknown {
  return {
    PriorityLevelConfiguration: { Name: spec.priorityLevelConfiguration.name },
    MatchingPrecedence: spec.matchingPrecedence ?? 0,
    DistinguisherMethod: spec.distinguisherMethod === undefined ? null : { Type: spec.distinguisherMethod.type },
    Rules: spec.rules?.map(internalRule) ?? null,
  };
}

function internalRule({ subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects): unknown {
  return {
    Subjects: subjects?.map(internalSubject) ?? null,
    ResourceRules: resourceRules?.map((rule) => ({
      Verbs: rule.verbs, APIGroups: rule.apiGroups, Resources: rule.resources, ClusterScope: rule.clusterScope ?? false, Namespaces: (rule.namespaces ?? []).length === 0 ? null : rule.namespaces,
    })) ?? null,
    NonResourceRules: nonResourceRules?.map((rule) => ({ Verbs: rule.verbs, NonResourceURLs: rule.nonResourceURLs })) ?? null,
  };
}

function internalSubject({ kind, user, group, serviceAccount }: FlowcontrolV1Subject): unknown {
  return {
    Kind: kind,
    User: user === undefined ? null : { Name: user.name },
    Group: group === undefined ? null : { Name: group.name },
    ServiceAccount: serviceAccount === undefined ? null : { Namespace: serviceAccount.namespace, Name: serviceAccount.name },
  };
}

/** A priority level's spec as errors print it. */
export function internalPriorityLevelSpec({ type, limited, exempt }: PriorityLevelConfigurationSpec): unknown {
  const queuing = limited?.limitResponse?.queuing;
  return {
    Type: type,
    Limited: limited === undefined ? null : {
      NominalConcurrencyShares: limited.nominalConcurrencyShares ?? 0,
      LimitResponse: {
        Type: limited.limitResponse?.type ?? '',
        Queuing: queuing === undefined ? null : { Queues: queuing.queues ?? 0, HandSize: queuing.handSize ?? 0, QueueLengthLimit: queuing.queueLengthLimit ?? 0 },
      },
      LendablePercent: limited.lendablePercent ?? null,
      BorrowingLimitPercent: limited.borrowingLimitPercent ?? null,
    },
    Exempt: exempt === undefined ? null : { NominalConcurrencyShares: exempt.nominalConcurrencyShares ?? null, LendablePercent: exempt.lendablePercent ?? null },
  };
}
