import type { KubernetesObject } from '../meta.ts';

/** Names that belong to configuration from files. Kubernetes: StaticConfigSuffix. */
const staticSuffix = '.static.k8s.io';

/** Kubernetes: admissionregistration validation, WarningsForStaticSuffix. */
export function staticSuffixWarnings({ metadata: { name } }: KubernetesObject): readonly string[] {
  if (!name?.endsWith(staticSuffix)) return [];
  return [`metadata.name: names ending with "${staticSuffix}" are reserved for static manifest-based configurations and cannot be managed via the API`];
}
