/** The labels that a kubelet may give its own Node, besides those that are not Kubernetes' own. Kubernetes: kubelet/pkg/apis, well_known_labels.go. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region', 'beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type', 'kubernetes.io/os', 'kubernetes.io/arch',
  'beta.kubernetes.io/os', 'beta.kubernetes.io/arch',
]);
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io'] as const;
const RESTRICTED_NAMESPACE = 'node-restriction.kubernetes.io';

type Labels = Readonly<Record<string, string>>;

/** The labels that differ and that a node may not touch, sorted. Kubernetes: getModifiedLabels, getForbiddenLabels. */
export function forbiddenLabels(next: Labels = {}, old: Labels = {}): readonly string[] {
  if (next === old) return [];
  const differs = (key: string) => !Object.hasOwn(next, key) || !Object.hasOwn(old, key) || next[key] !== old[key];
  const keys = new Set([...Object.keys(next), ...Object.keys(old)]);
  return [...keys].filter((key) => isForbidden(key) && differs(key)).sort();
}

function isForbidden(key: string): boolean {
  const namespace = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (isWithin(namespace, RESTRICTED_NAMESPACE)) return true;
  if (!isWithin(namespace, 'kubernetes.io') && !isWithin(namespace, 'k8s.io')) return false;
  return !KUBELET_LABELS.has(key) && !KUBELET_NAMESPACES.some((allowed) => isWithin(namespace, allowed));
}

function isWithin(namespace: string, parent: string): boolean {
  return namespace === parent || namespace.endsWith(`.${parent}`);
}
