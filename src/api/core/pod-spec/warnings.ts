import { dns1123LabelErrors } from '../../names.ts';
import type { Container, PodSpec, PodTemplateSpec } from '../../types.ts';

type Annotations = Readonly<Record<string, string>> | undefined;

/** Node labels that have successors. Kubernetes: pkg/api/node, deprecatedNodeLabels. */
const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

/** The warning about a name that is no DNS label, for kinds whose pods take it over. */
export function workloadNameWarnings(name: string): string[] {
  const errors = dns1123LabelErrors(name);
  if (errors.length === 0) return [];
  return [`metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${errors.join(' ')}]`];
}

/** Warnings about a template at path, e.g. spec.template. */
export function podTemplateWarnings(template: PodTemplateSpec | undefined, path: string, warnings: string[]): void {
  if (template?.spec) podSpecWarnings(template.spec, template.metadata?.annotations, path, warnings);
}

/** Warnings about a pod's spec; path is '' for a pod itself. Kubernetes: pkg/api/pod, warningsForPodSpecAndMeta. */
export function podSpecWarnings(spec: PodSpec, annotations: Annotations, path: string, warnings: string[]): void {
  const prefix = path === '' ? '' : `${path}.`;
  const at = `${prefix}spec`;
  for (const key in spec.nodeSelector) {
    const text = labelWarning(key);
    if (text !== undefined) warnings.push(`${at}.nodeSelector[${key}]: ${text}`);
  }
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((term, termIndex) => {
    term.matchExpressions?.forEach((expression, index) => {
      const text = labelWarning(expression.key);
      if (text === undefined) return;
      warnings.push(`${at}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${termIndex}].matchExpressions[${index}].key: ${expression.key} is ${text}`);
    });
  });
  if (spec.hostAliases) duplicateWarnings(spec.hostAliases.map((alias) => alias.ip), (index) => `${at}.hostAliases[${index}].ip`, 'ip', warnings);
  spec.imagePullSecrets?.forEach((secret, index) => {
    if (!secret.name) warnings.push(`${at}.imagePullSecrets[${index}].name: invalid empty name ""`);
  });
  spec.volumes?.forEach((volume, index) => {
    if (volume.gitRepo) warnings.push(`${at}.volumes[${index}].gitRepo: deprecated in v1.11`);
    if (volume.hostPath?.path?.includes('\\')) warnings.push(`${at}.volumes[${index}].hostPath.path: backslash in path`);
  });
  if (annotations?.['seccomp.security.alpha.kubernetes.io/pod'] !== undefined) {
    warnings.push(`${prefix}metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  spec.initContainers?.forEach((container, index) => containerWarnings(container, `${at}.initContainers[${index}]`, warnings));
  spec.containers?.forEach((container, index) => containerWarnings(container, `${at}.containers[${index}]`, warnings));
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) {
    warnings.push(`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  }
}

function labelWarning(key: string): string | undefined {
  return Object.hasOwn(deprecatedNodeLabels, key) ? deprecatedNodeLabels[key] : undefined;
}

function containerWarnings(container: Container, path: string, warnings: string[]): void {
  for (const part of ['limits', 'requests'] as const) {
    const storage = container.resources?.[part]?.['ephemeral-storage'];
    if (storage?.endsWith('m')) warnings.push(`${path}.resources.${part}[ephemeral-storage]: fractional byte value ${JSON.stringify(storage)} is invalid, must be an integer`);
    const memory = container.resources?.[part]?.['memory'];
    if (memory?.endsWith('m')) warnings.push(`${path}.resources.${part}[memory]: fractional byte value ${JSON.stringify(memory)} is invalid, must be an integer`);
  }
  const { env } = container;
  if (env !== undefined && env.length > 1) envWarnings(env.map((variable) => variable.name), path, warnings);
  const { ports } = container;
  if (ports !== undefined && ports.length > 1) {
    const seen = new Map<string, number>();
    ports.forEach((port, index) => {
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort ?? 0}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, index);
      else warnings.push(`${path}.ports[${index}]: duplicate port definition with ${path}.ports[${first}]`);
    });
  }
}

function envWarnings(names: readonly string[], path: string, warnings: string[]): void {
  const first = new Map<string, number>();
  names.forEach((name, index) => {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else warnings.push(`${path}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`);
  });
}

function duplicateWarnings(values: readonly string[], pathOf: (index: number) => string, what: string, warnings: string[]): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value)) warnings.push(`${pathOf(index)}: duplicate ${what} ${JSON.stringify(value)}`);
    seen.add(value);
  });
}
