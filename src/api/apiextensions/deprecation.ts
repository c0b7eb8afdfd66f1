import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from './types.ts';

/** What users of a deprecated version are told. Kubernetes: customresource_handler.go, defaultDeprecationWarning. */
export function deprecationText({ spec }: CustomResourceDefinition, version: CustomResourceDefinitionVersion): string {
  if (version.deprecationWarning !== undefined) return version.deprecationWarning;
  const { group, names: { kind }, versions } = spec;
  const better = versions.filter((each) => each.served && each.deprecated !== true && compareVersions(each.name, version.name) < 0);
  const [best] = better.map(({ name }) => name).sort(compareVersions);
  return `${group}/${version.name} ${kind} is deprecated${best === undefined ? '' : `; use ${group}/${best} ${kind}`}`;
}

/** v2 before v1 before v1beta1 before v1alpha1. Kubernetes: apimachinery/pkg/version, CompareKubeAwareVersionStrings. */
function compareVersions(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  if (left === undefined || right === undefined) return left === right ? (a < b ? -1 : a > b ? 1 : 0) : left === undefined ? 1 : -1;
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}

function partsOf(version: string): { readonly stability: number; readonly major: number; readonly minor: number } | undefined {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (parts === null) return undefined;
  return { stability: parts[2] === undefined ? 2 : parts[2] === 'beta' ? 1 : 0, major: Number(parts[1]), minor: Number(parts[3] ?? 0) };
}
