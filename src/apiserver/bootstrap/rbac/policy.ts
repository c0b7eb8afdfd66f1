import type { ClusterRole, ClusterRoleBinding, KubernetesObject, NewObject, PolicyRule, Role, RoleBinding, Subject } from '../../../api/index.ts';
import { CLUSTER_ROLES, type RoleFacts } from './cluster-roles.ts';
import { CONTROLLER_ROLES } from './controller-roles.ts';
import { EVENTS_RULE, READ, rule } from './rules.ts';

const API_VERSION = 'rbac.authorization.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';

/** What marks every object of the bootstrap policy. */
const METADATA = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
} as const;

const user = (name: string): Subject => ({ kind: 'User', apiGroup: GROUP, name });
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: GROUP, name });
const serviceAccount = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });

/** The role and who has it. system:node has nobody: the node authorizer decides for kubelets. */
const CLUSTER_BINDINGS: readonly (readonly [role: string, subjects: readonly Subject[]])[] = [
  ['cluster-admin', [group('system:masters')]],
  ['system:monitoring', [group('system:monitoring')]],
  ['system:discovery', [group('system:authenticated')]],
  ['system:basic-user', [group('system:authenticated')]],
  ['system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]],
  ['system:node-proxier', [user('system:kube-proxy')]],
  ['system:kube-controller-manager', [user('system:kube-controller-manager')]],
  ['system:kube-dns', [serviceAccount('kube-dns')]],
  ['system:kube-scheduler', [user('system:kube-scheduler')]],
  ['system:volume-scheduler', [user('system:kube-scheduler')]],
  ['system:node', []],
  ['system:service-account-issuer-discovery', [group('system:serviceaccounts')]],
];

/** What everybody may who has come in, besides upstream's: ask why they may not. */
const LAB_ROLE = 'system:lab.drydock.dev:basic-user';

/** The role of Drydock's own, which is no part of the bootstrap policy, and its binding. */
export function labRole(): readonly [NewObject<ClusterRole>, NewObject<ClusterRoleBinding>] {
  const metadata = { name: LAB_ROLE };
  return [
    { apiVersion: API_VERSION, kind: 'ClusterRole', metadata, rules: [rule('create', 'lab.drydock.dev', 'accessexplanations')] },
    { apiVersion: API_VERSION, kind: 'ClusterRoleBinding', metadata, roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: LAB_ROLE }, subjects: [group('system:authenticated')] },
  ];
}

/** Every ClusterRole of the bootstrap policy as an object. */
export function bootstrapClusterRoles(): readonly NewObject<ClusterRole>[] {
  const controllers = Object.entries(CONTROLLER_ROLES).map(([name, rules]): RoleFacts => ({ name: `system:controller:${name}`, rules }));
  return [...CLUSTER_ROLES, ...controllers].map(({ name, rules, labels, aggregates }) => ({
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { ...METADATA, name, labels: { ...METADATA.labels, ...labels } },
    ...(aggregates === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } }),
    rules,
  }));
}

/** Every ClusterRoleBinding of the bootstrap policy as an object. */
export function bootstrapClusterRoleBindings(): readonly NewObject<ClusterRoleBinding>[] {
  const controllers = Object.keys(CONTROLLER_ROLES).map((name) => [`system:controller:${name}`, [serviceAccount(name)]] as const);
  return [...CLUSTER_BINDINGS, ...controllers].map(([role, subjects]) => ({
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { ...METADATA, name: role },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
    ...(subjects.length === 0 ? {} : { subjects }),
  }));
}

/** A role in one namespace and who has it. */
interface NamespaceRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly subjects: readonly Subject[];
  /** Where it is not the role's. */
  readonly bindingName?: string;
}

const leaderRules: readonly PolicyRule[] = ['leases', 'leasecandidates'].map((resource) => rule('create get list update watch', 'coordination.k8s.io', resource));

/** Kubernetes: bootstrappolicy.NamespaceRoles. */
const NAMESPACE_ROLES: readonly NamespaceRole[] = [
  {
    namespace: 'kube-system', name: 'extension-apiserver-authentication-reader', bindingName: 'system::extension-apiserver-authentication-reader',
    rules: [rule('get list watch', 'core', 'configmaps', ['extension-apiserver-authentication'])],
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  {
    namespace: 'kube-system', name: 'system::leader-locking-kube-controller-manager', rules: leaderRules,
    subjects: [user('system:kube-controller-manager'), serviceAccount('kube-controller-manager'), serviceAccount('leader-election-controller')],
  },
  {
    namespace: 'kube-system', name: 'system::leader-locking-kube-scheduler', rules: leaderRules,
    subjects: [user('system:kube-scheduler'), serviceAccount('kube-scheduler')],
  },
  {
    namespace: 'kube-public', name: 'system:controller:bootstrap-signer', subjects: [serviceAccount('bootstrap-signer')],
    rules: [rule(READ, 'core', 'configmaps'), rule('update', 'core', 'configmaps', ['cluster-info']), EVENTS_RULE],
  },
  { namespace: 'kube-system', name: 'system:controller:bootstrap-signer', subjects: [serviceAccount('bootstrap-signer')], rules: [rule(READ, 'core', 'secrets')] },
  { namespace: 'kube-system', name: 'system:controller:cloud-provider', subjects: [serviceAccount('cloud-provider')], rules: [rule('create get list watch', 'core', 'configmaps')] },
  { namespace: 'kube-system', name: 'system:controller:token-cleaner', subjects: [serviceAccount('token-cleaner')], rules: [rule('delete get list watch', 'core', 'secrets'), EVENTS_RULE] },
];

/** Roles and RoleBindings in kube-system and kube-public. */
export function bootstrapNamespaceRoles(): readonly NewObject<KubernetesObject>[] {
  return NAMESPACE_ROLES.flatMap(({ namespace, name, rules, subjects, bindingName = name }): NewObject<KubernetesObject>[] => {
    const metadata = { ...METADATA, name, namespace };
    const role: NewObject<Role> = { apiVersion: API_VERSION, kind: 'Role', metadata, rules };
    const binding: NewObject<RoleBinding> = {
      apiVersion: API_VERSION, kind: 'RoleBinding', metadata: { ...metadata, name: bindingName }, roleRef: { apiGroup: GROUP, kind: 'Role', name }, subjects,
    };
    return [role, binding];
  });
}
