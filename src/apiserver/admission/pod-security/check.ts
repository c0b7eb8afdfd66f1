import type { Container, PodSpec } from '../../../api/index.ts';
import type { Level } from './policy.ts';

/** Why a pod may not run; undefined: it may. detail may be ''. Kubernetes: policy.CheckResult. */
export type Violation = { readonly reason: string; readonly detail: string } | undefined;

/** Looks at one side of a pod. The second argument is the pod's (or template's) annotations. */
export type CheckPod = (spec: PodSpec, annotations: Readonly<Record<string, string>> | undefined) => Violation;

/** One check with its revisions: each holds from its minor version of Kubernetes 1 on. Kubernetes: policy.Check. */
export interface Check {
  readonly id: string;
  readonly level: Exclude<Level, 'privileged'>;
  readonly versions: readonly { readonly minor: number; readonly check: CheckPod; readonly overrides?: string }[];
}

/** Init containers, containers and ephemeral ones, in this order. Kubernetes: policy.visitContainers. */
export function containersOf(spec: PodSpec): readonly Container[] {
  const { initContainers, containers, ephemeralContainers } = spec;
  if (initContainers === undefined && ephemeralContainers === undefined) return containers;
  return [...(initContainers ?? []), ...containers, ...(ephemeralContainers ?? [])];
}

/** "a", "b". */
export function joinQuoted(items: Iterable<string>): string {
  return [...items].map((item) => `"${item}"`).join(', ');
}

/** The distinct items in the order of their bytes. */
export function sorted(items: Iterable<string>): readonly string[] {
  return [...new Set(items)].sort();
}

export const plural = (singular: string, many: string, count: number): string => (count === 1 ? singular : many);

/** container "a", or containers "a", "b". */
export function namedContainers(names: readonly string[]): string {
  return `${plural('container', 'containers', names.length)} ${joinQuoted(names)}`;
}

/** Who set something: pod and container "a". */
export function setters(pod: boolean, names: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(names.length === 0 ? [] : [namedContainers(names)])].join(' and ');
}

/** The names of the containers that a test holds for. */
export function containersWhere(spec: PodSpec, test: (container: Container) => boolean): readonly string[] {
  return containersOf(spec).filter(test).map(({ name }) => name);
}

/** True where root in the pod is nobody on the node. Kubernetes: relaxPolicyForUserNamespacePod. */
export const hasUserNamespace = (spec: PodSpec): boolean => spec.hostUsers === false;

/** Windows has other means than these checks. */
export const isWindows = (spec: PodSpec): boolean => spec.os?.name === 'windows';
