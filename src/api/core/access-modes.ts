import type { KubernetesObject } from '../meta.ts';

/** How claims and volumes named their class before spec.storageClassName. */
export const storageClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** All ways to mount a volume, sorted. */
export const accessModes: readonly string[] = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

const shortTexts = [['ReadWriteOnce', 'RWO'], ['ReadOnlyMany', 'ROX'], ['ReadWriteMany', 'RWX'], ['ReadWriteOncePod', 'RWOP']] as const;

/** RWO,ROX. Kubernetes: core helper, GetAccessModesAsString. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return shortTexts.filter(([mode]) => modes?.includes(mode) === true).map(([, text]) => text).join(',');
}

/** The class of a volume or claim; '' where it has none. Kubernetes: GetPersistentVolumeClass, GetPersistentVolumeClaimClass. */
export function storageClassOf({ metadata, spec }: KubernetesObject & { readonly spec: { readonly storageClassName?: string } }): string {
  return metadata.annotations?.[storageClassAnnotation] ?? spec.storageClassName ?? '';
}
