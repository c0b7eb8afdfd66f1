import type { ClusterRole, ClusterRoleBinding, KubernetesObject, NewObject, PolicyRule, Role, RoleBinding, Subject } from '../../../api/index.ts';
import { CLUSTER_ROLES, type RoleFacts } from './cluster-roles.ts';
import { CONTROLLER_ROLES } from './controller-roles.ts';
import { rule } from './rules.ts';

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

/** Kubernetes: bootstrappolicy.NamespaceRoles, those of the parts that exist. */
const NAMESPACE_ROLES: readonly { readonly name: string; readonly rules: readonly PolicyRule[]; readonly subjects: readonly Subject[] }[] = [
  {
    name: 'extension-apiserver-authentication-reader',
    rules: [rule('get list watch', 'core', 'configmaps', ['extension-apiserver-authentication'])],
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  },
  ...['kube-controller-manager', 'kube-scheduler'].map((name) => ({
    name: `system::leader-locking-${name}`,
    rules: [rule('watch', 'core', 'configmaps'), rule('get update', 'core', 'configmaps', [name])],
    subjects: [user(`system:${name}`), serviceAccount(name)],
  })),
];

/** Roles and RoleBindings in kube-system. */
export function bootstrapNamespaceRoles(): readonly NewObject<KubernetesObject>[] {
  return NAMESPACE_ROLES.flatMap(({ name, rules, subjects }): NewObject<KubernetesObject>[] => {
    const metadata = { ...METADATA, name, namespace: 'kube-system' };
    const role: NewObject<Role> = { apiVersion: API_VERSION, kind: 'Role', metadata, rules };
    const bindingName = name === 'extension-apiserver-authentication-reader' ? 'system::extension-apiserver-authentication-reader' : name;
    const binding: NewObject<RoleBinding> = {
      apiVersion: API_VERSION, kind: 'RoleBinding', metadata: { ...metadata, name: bindingName }, roleRef: { apiGroup: GROUP, kind: 'Role', name }, subjects,
    };
    return [role, binding];
  });
}
