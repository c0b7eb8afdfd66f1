import { canonicalQuantity, isQuantity } from '../../quantity.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, Volume, VolumeProjection } from '../../types.ts';
import { mapShared } from '../strategy-parts.ts';
import { defaultFieldRef } from './container-defaults.ts';
import { defaultPullPolicy } from './image-name.ts';

/** Mode bits of files in volumes made from objects, 0644. */
const defaultMode = 0o644;
/** How long a projected token is good for, in seconds. */
const tokenExpirationSeconds = 3600;

/** Kubernetes: SetDefaults_Volume and the volume part of SetObjectDefaults_Pod, for the sources that Drydock has. */
export function defaultVolume(volume: Volume): Volume {
  const { hostPath, secret, configMap, downwardAPI, projected, image, ephemeral } = volume;
  if (hostPath) return hostPath.type === undefined || hostPath.type === null ? { ...volume, hostPath: { ...hostPath, type: '' } } : volume;
  if (secret) return hasMode(secret.defaultMode) ? volume : { ...volume, secret: { ...secret, defaultMode } };
  if (configMap) return hasMode(configMap.defaultMode) ? volume : { ...volume, configMap: { ...configMap, defaultMode } };
  if (downwardAPI) {
    const items = downwardAPI.items ? mapShared(downwardAPI.items, defaultFile) : undefined;
    if (hasMode(downwardAPI.defaultMode) && items === (downwardAPI.items ?? undefined)) return volume;
    return {
      ...volume,
      downwardAPI: { ...downwardAPI, ...(items === undefined ? {} : { items }), defaultMode: downwardAPI.defaultMode ?? defaultMode },
    };
  }
  if (projected) {
    const result = defaultProjected(projected);
    return result === projected ? volume : { ...volume, projected: result };
  }
  if (image) return image.pullPolicy ? volume : { ...volume, image: { ...image, pullPolicy: defaultPullPolicy(image.reference ?? '') } };
  if (ephemeral?.volumeClaimTemplate) {
    const template = ephemeral.volumeClaimTemplate;
    if (template.spec?.volumeMode) return volume;
    return { ...volume, ephemeral: { ...ephemeral, volumeClaimTemplate: { ...template, spec: { ...template.spec, volumeMode: 'Filesystem' } } } };
  }
  const limit = volume.emptyDir?.sizeLimit;
  if (limit !== undefined && limit !== null && isQuantity(String(limit))) {
    const sizeLimit = canonicalQuantity(String(limit));
    return sizeLimit === limit ? volume : { ...volume, emptyDir: { ...volume.emptyDir, sizeLimit } };
  }
  return hasSource(volume) ? volume : { ...volume, emptyDir: {} };
}

function hasMode(mode: number | null | undefined): boolean {
  return mode !== undefined && mode !== null;
}

function hasSource(volume: Volume): boolean {
  for (const key in volume) if (key !== 'name' && (volume as unknown as Record<string, unknown>)[key] != null) return true;
  return false;
}

function defaultFile(file: DownwardAPIVolumeFile): DownwardAPIVolumeFile {
  if (!file.fieldRef || file.fieldRef.apiVersion) return file;
  return { ...file, fieldRef: defaultFieldRef(file.fieldRef) };
}

function defaultProjected(projected: ProjectedVolumeSource): ProjectedVolumeSource {
  const sources = projected.sources ? mapShared(projected.sources, defaultProjection) : undefined;
  if (hasMode(projected.defaultMode) && sources === (projected.sources ?? undefined)) return projected;
  return { ...projected, ...(sources === undefined ? {} : { sources }), defaultMode: projected.defaultMode ?? defaultMode };
}

function defaultProjection(projection: VolumeProjection): VolumeProjection {
  const token = projection.serviceAccountToken;
  if (token && !hasMode(token.expirationSeconds)) {
    return { ...projection, serviceAccountToken: { ...token, expirationSeconds: tokenExpirationSeconds } };
  }
  const items = projection.downwardAPI?.items;
  if (!items) return projection;
  const defaulted = mapShared(items, defaultFile);
  return defaulted === items ? projection : { ...projection, downwardAPI: { ...projection.downwardAPI, items: defaulted } };
}
