import type { CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';

/** Where volumes lead. */
export interface VolumeSources {
  readonly claims: ResourceCache;
  readonly volumes: ResourceCache;
  readonly drivers: ResourceCache;
}

/** Whether a pod's volumes want a token for an audience, and what could not be looked up. Kubernetes: podReferencesAudience. */
export function podWantsAudience(pod: Pod, audience: string, sources: VolumeSources): { readonly found: boolean; readonly errors: readonly string[] } {
  const errors: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined && (serviceAccountToken.audience ?? '') === audience)) {
      return { found: true, errors };
    }
    const driverName = driverOf(pod, volume, sources, errors);
    if (driverName === undefined || driverName === '') continue;
    const driver = sources.drivers.objects.get('', driverName)?.object as CSIDriver | undefined;
    if (driver === undefined) errors.push(`csidriver.storage.k8s.io ${JSON.stringify(driverName)} not found`);
    else if (driver.spec.tokenRequests?.some((request) => request.audience === audience)) return { found: true, errors };
  }
  return { found: false, errors };
}

function driverOf(pod: Pod, volume: Volume, sources: VolumeSources, errors: string[]): string | undefined {
  const { ephemeral, persistentVolumeClaim, csi, name } = volume;
  const claimName = ephemeral?.volumeClaimTemplate !== undefined ? `${pod.metadata.name}-${name}` : persistentVolumeClaim?.claimName;
  if (claimName === undefined) return csi?.driver;
  const claim = sources.claims.objects.get(pod.metadata.namespace ?? '', claimName)?.object as PersistentVolumeClaim | undefined;
  if (claim === undefined) {
    errors.push(`persistentvolumeclaim ${JSON.stringify(claimName)} not found`);
    return undefined;
  }
  const volumeName = claim.spec.volumeName ?? '';
  const persistentVolume = sources.volumes.objects.get('', volumeName)?.object as PersistentVolume | undefined;
  if (persistentVolume === undefined) errors.push(`persistentvolume ${JSON.stringify(volumeName)} not found`);
  return persistentVolume?.spec.csi?.driver;
}
