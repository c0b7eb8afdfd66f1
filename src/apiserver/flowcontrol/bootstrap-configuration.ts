import {
  type FlowSchema, type FlowSchemaSpec, type KubernetesObject, mandatoryFlowSchemas, mandatoryPriorityLevels, type NewObject, type PriorityLevelConfiguration,
  type PriorityLevelConfigurationSpec,
} from '../../api/index.ts';

/** On objects that the server keeps as they are: whether it still does. Kubernetes: flowcontrol.AutoUpdateAnnotationKey. */
export const AUTO_UPDATE_ANNOTATION = 'apf.kubernetes.io/autoupdate-spec';

export const GROUP = 'flowcontrol.apiserver.k8s.io';
const API_VERSION = `${GROUP}/v1`;

type Subjects = NonNullable<FlowSchemaSpec['rules']>[number]['subjects'];
type Rules = NonNullable<FlowSchemaSpec['rules']>;
type ResourceRule = NonNullable<Rules[number]['resourceRules']>[number];

const anyResource: ResourceRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] };
const everything: Omit<Rules[number], 'subjects'> = { resourceRules: [anyResource], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] };
const leases = (verbs: readonly string[]): ResourceRule => ({ verbs: [...verbs], apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] });

const groups = (...names: readonly string[]): Subjects => names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: readonly string[]): Subjects => names.map((name) => ({ kind: 'User', user: { name } }));
const systemAccounts: Subjects = [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } }];
const everybody = groups('system:unauthenticated', 'system:authenticated');

function schema(level: string, precedence: number, method: 'ByUser' | 'ByNamespace' | undefined, rule: Rules[number]): FlowSchemaSpec {
  return {
    priorityLevelConfiguration: { name: level }, matchingPrecedence: precedence, ...(method === undefined ? {} : { distinguisherMethod: { type: method } }), rules: [rule],
  };
}

function level(shares: number, lendablePercent: number, queues: number, handSize: number): PriorityLevelConfigurationSpec {
  return {
    type: 'Limited',
    limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } } },
  };
}

const suggestedPriorityLevels: readonly (readonly [string, PriorityLevelConfigurationSpec])[] = [
  ['system', level(30, 33, 64, 6)],
  ['node-high', level(40, 25, 64, 6)],
  ['leader-election', level(10, 0, 16, 4)],
  ['workload-high', level(40, 50, 128, 6)],
  ['workload-low', level(100, 90, 128, 6)],
  ['global-default', level(20, 50, 128, 6)],
];

const suggestedFlowSchemas: readonly (readonly [string, FlowSchemaSpec])[] = [
  ['system-nodes', schema('system', 500, 'ByUser', { subjects: groups('system:nodes'), ...everything })],
  ['system-node-high', schema('node-high', 400, 'ByUser', {
    subjects: groups('system:nodes'),
    resourceRules: [{ ...anyResource, apiGroups: [''], resources: ['nodes', 'nodes/status'] }, leases(['*'])],
  })],
  ['probes', schema('exempt', 2, undefined, { subjects: everybody, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] })],
  ['system-leader-election', schema('leader-election', 100, 'ByUser', {
    subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler') ?? [], ...systemAccounts ?? []],
    resourceRules: [leases(['get', 'create', 'update'])],
  })],
  ['kube-controller-manager', schema('workload-high', 800, 'ByNamespace', { subjects: users('system:kube-controller-manager'), ...everything })],
  ['kube-scheduler', schema('workload-high', 800, 'ByNamespace', { subjects: users('system:kube-scheduler'), ...everything })],
  ['kube-system-service-accounts', schema('workload-high', 900, 'ByNamespace', { subjects: systemAccounts, ...everything })],
  ['service-accounts', schema('workload-low', 9000, 'ByUser', { subjects: groups('system:serviceaccounts'), ...everything })],
  ['global-default', schema('global-default', 9900, 'ByUser', { subjects: everybody, ...everything })],
];

/** An object that the server keeps as it is here; the spec of a suggested one only while its annotation says so. */
export interface BootstrapConfiguration<T extends KubernetesObject> {
  readonly object: NewObject<T> & { readonly metadata: { readonly name: string } };
  readonly mandatory: boolean;
}

function configurations<T extends KubernetesObject>(
  kind: string, suggested: Iterable<readonly [string, unknown]>, mandatory: Iterable<readonly [string, unknown]>,
): readonly BootstrapConfiguration<T>[] {
  const make = (isMandatory: boolean) => ([name, spec]: readonly [string, unknown]): BootstrapConfiguration<T> => ({
    object: { apiVersion: API_VERSION, kind, metadata: { name, annotations: { [AUTO_UPDATE_ANNOTATION]: 'true' } }, spec } as unknown as BootstrapConfiguration<T>['object'],
    mandatory: isMandatory,
  });
  return [...[...suggested].map(make(false)), ...[...mandatory].map(make(true))];
}

/** Kubernetes: apiserver/pkg/apis/flowcontrol/bootstrap; suggested ones first, as they are written. */
export const bootstrapPriorityLevels = configurations<PriorityLevelConfiguration>('PriorityLevelConfiguration', suggestedPriorityLevels, mandatoryPriorityLevels);

/** Kubernetes: apiserver/pkg/apis/flowcontrol/bootstrap; suggested ones first, as they are written. */
export const bootstrapFlowSchemas = configurations<FlowSchema>('FlowSchema', suggestedFlowSchemas, mandatoryFlowSchemas);
