import { jsonEqual } from '../../../base/index.ts';
import type { ClusterRole, KubernetesObject, NewObject, RoleBinding, Subject } from '../../../api/index.ts';
import { missingRules } from '../../authorization/index.ts';

const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** A role with all that the bootstrap policy gives it; nothing is taken away, and who has opted out is left alone. Kubernetes: rbac/reconciliation, computeReconciledRole. */
export function reconcileRole(current: KubernetesObject, wanted: NewObject<KubernetesObject>): KubernetesObject {
  if (isProtected(current)) return current;
  const [existing, expected] = [current as ClusterRole, wanted as NewObject<ClusterRole>];
  let next: ClusterRole = withMetadata(existing, expected);
  // Aggregated rules are the aggregation controller's.
  const missing = expected.aggregationRule === undefined ? missingRules(existing.rules ?? [], expected.rules ?? []) : [];
  if (missing.length > 0) next = { ...next, rules: [...next.rules ?? [], ...missing] };
  const held = existing.aggregationRule?.clusterRoleSelectors ?? [];
  const selectors = (expected.aggregationRule?.clusterRoleSelectors ?? []).filter((selector) => !held.some((each) => jsonEqual(each, selector)));
  if (selectors.length > 0) next = { ...next, aggregationRule: { clusterRoleSelectors: [...held, ...selectors] } };
  if (expected.aggregationRule === undefined && existing.aggregationRule !== undefined) {
    const { aggregationRule: _aggregationRule, ...rest } = next;
    next = rest as ClusterRole;
  }
  return next;
}

/** A binding with all subjects of the bootstrap policy; 'recreate' where it leads to another role. Kubernetes: computeReconciledRoleBinding. */
export function reconcileBinding(current: KubernetesObject, wanted: NewObject<KubernetesObject>): KubernetesObject | 'recreate' {
  const [existing, expected] = [current as RoleBinding, wanted as NewObject<RoleBinding>];
  if (isProtected(current)) return current;
  if (!jsonEqual(existing.roleRef, expected.roleRef)) return 'recreate';
  const next = withMetadata(existing, expected);
  const subjects: readonly Subject[] = existing.subjects ?? [];
  const missing = (expected.subjects ?? []).filter((subject) => !subjects.some((each) => jsonEqual(each, subject)));
  return missing.length === 0 ? next : { ...next, subjects: [...subjects, ...missing] } as KubernetesObject;
}

function isProtected({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.[AUTO_UPDATE] === 'false';
}

/** What somebody has changed stays, what is missing comes. */
function withMetadata<T extends KubernetesObject>(current: T, { metadata: { labels, annotations } }: NewObject<T>): T {
  const { metadata } = current;
  const lacks = (own: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string>> = {}) => Object.keys(wanted).some((key) => !Object.hasOwn(own, key));
  if (!lacks(metadata.labels, labels) && !lacks(metadata.annotations, annotations)) return current;
  return { ...current, metadata: { ...metadata, labels: { ...labels, ...metadata.labels }, annotations: { ...annotations, ...metadata.annotations } } };
}
