import { dns1123LabelErrors } from '../../names.ts';
import { isQuantity, parseQuantity } from '../../quantity.ts';
import type { Container, EnvVar, PodAffinityTerm, PodSpec, PodTemplateSpec } from '../../types.ts';
import { deprecatedNodeLabels, nodeTermWarnings } from '../node-label-warnings.ts';
import { portWarnings } from './port-warnings.ts';

type Annotations = Readonly<Record<string, string>> | undefined;

/** Volume plugins of old. Kubernetes: pkg/api/pod, warningsForPodSpecAndMeta. */
const deprecatedVolumes = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

const requiredField = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredField = 'preferredDuringSchedulingIgnoredDuringExecution';
const noSelectorText = 'a null labelSelector results in matching no pod';
const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';

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

/** Templates and pods that were looked at and gave no warning: a thousand pods share one spec. */
const withoutWarnings = new WeakSet<PodSpec>();

/** Warnings about a pod's spec; path is '' for a pod itself. Kubernetes: pkg/api/pod, warningsForPodSpecAndMeta. */
export function podSpecWarnings(spec: PodSpec, annotations: Annotations, path: string, warnings: string[]): void {
  const hasAnnotation = annotations?.[seccompAnnotation] !== undefined;
  if (!hasAnnotation && withoutWarnings.has(spec)) return;
  const countBefore = warnings.length;
  const prefix = path === '' ? '' : `${path}.`;
  const at = `${prefix}spec`;
  placementWarnings(spec, at, warnings);
  volumeWarnings(spec, at, warnings);
  if (spec.hostAliases) duplicateWarnings(spec.hostAliases.map((alias) => alias.ip), (index) => `${at}.hostAliases[${index}].ip`, 'ip', warnings);
  if (spec.imagePullSecrets) {
    const names = spec.imagePullSecrets.map((secret) => secret.name ?? '');
    duplicateWarnings(names, (index) => `${at}.imagePullSecrets[${index}].name`, 'name', warnings);
    names.forEach((name, index) => {
      if (name === '') warnings.push(`${at}.imagePullSecrets[${index}].name: invalid empty name ""`);
    });
  }
  if (hasAnnotation && !spec.securityContext?.seccompProfile) {
    warnings.push(`${prefix}metadata.annotations[${seccompAnnotation}]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  spec.initContainers?.forEach((container, index) => containerWarnings(container, `${at}.initContainers[${index}]`, warnings));
  spec.containers?.forEach((container, index) => containerWarnings(container, `${at}.containers[${index}]`, warnings));
  portWarnings(spec, at, warnings);
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) {
    warnings.push(`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  }
  affinityWarnings(spec, at, warnings);
  if (warnings.length === countBefore && Object.isFrozen(spec)) withoutWarnings.add(spec);
}

function placementWarnings(spec: PodSpec, at: string, warnings: string[]): void {
  for (const key in spec.nodeSelector) {
    const text = deprecatedNodeLabels.get(key);
    if (text !== undefined) warnings.push(`${at}.nodeSelector[${key}]: ${text}`);
  }
  const nodes = spec.affinity?.nodeAffinity;
  nodes?.[requiredField]?.nodeSelectorTerms?.forEach((term, index) => {
    nodeTermWarnings(term, false, `${at}.affinity.nodeAffinity.${requiredField}.nodeSelectorTerms[${index}]`, warnings);
  });
  nodes?.[preferredField]?.forEach((term, index) => {
    nodeTermWarnings(term.preference ?? {}, true, `${at}.affinity.nodeAffinity.${preferredField}[${index}].preference`, warnings);
  });
  spec.topologySpreadConstraints?.forEach((constraint, index) => {
    const path = `${at}.topologySpreadConstraints[${index}]`;
    const text = deprecatedNodeLabels.get(constraint.topologyKey);
    if (text !== undefined) warnings.push(`${path}.topologyKey: ${constraint.topologyKey} is ${text}`);
    if (!constraint.labelSelector) warnings.push(`${path}.labelSelector: ${noSelectorText}`);
  });
}

function volumeWarnings(spec: PodSpec, at: string, warnings: string[]): void {
  spec.volumes?.forEach((volume, index) => {
    for (const [field, shown, text] of deprecatedVolumes) {
      if (volume[field]) warnings.push(`${at}.volumes[${index}].${shown}: ${text}`);
    }
  });
}

function containerWarnings(container: Container, path: string, warnings: string[]): void {
  for (const resource of ['memory', 'ephemeral-storage']) {
    for (const part of ['limits', 'requests'] as const) {
      const text = container.resources?.[part]?.[resource];
      if (text === undefined || !isQuantity(text) || parseQuantity(text).nanos % 1_000_000_000n === 0n) continue;
      warnings.push(`${path}.resources.${part}[${resource}]: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`);
    }
  }
  if (container.env !== undefined && container.env.length > 1) envWarnings(container.env, path, warnings);
}

/** A second definition is fine only where it builds on the first: PATH=$(PATH):/more. */
function envWarnings(variables: readonly EnvVar[], path: string, warnings: string[]): void {
  const names = new Set<string>();
  variables.forEach((variable, index) => {
    const reference = `$(${variable.name})`;
    const { value = '' } = variable;
    const hides = names.has(variable.name) && (variable.valueFrom !== undefined || value === reference || !value.includes(reference));
    if (hides) warnings.push(`${path}.env[${index}]: hides previous definition of ${JSON.stringify(variable.name)}, which may be dropped when using apply`);
    names.add(variable.name);
  });
}

function affinityWarnings(spec: PodSpec, at: string, warnings: string[]): void {
  const check = (term: PodAffinityTerm | undefined, path: string) => {
    if (!term?.labelSelector) warnings.push(`${path}.labelSelector: ${noSelectorText}`);
  };
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const path = `${at}.affinity.${kind}`;
    spec.affinity?.[kind]?.[requiredField]?.forEach((term, index) => check(term, `${path}.${requiredField}[${index}]`));
    spec.affinity?.[kind]?.[preferredField]?.forEach((term, index) => check(term.podAffinityTerm, `${path}.${preferredField}[${index}].podAffinityTerm`));
  }
}

function duplicateWarnings(values: readonly string[], pathOf: (index: number) => string, what: string, warnings: string[]): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value)) warnings.push(`${pathOf(index)}: duplicate ${what} ${JSON.stringify(value)}`);
    seen.add(value);
  });
}
