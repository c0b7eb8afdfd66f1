import { encodeText } from '../../base/index.ts';
import type { ConfigMap, DownwardAPIVolumeFile, KeyToPath, Pod, Secret, ServiceAccountTokenProjection, Volume } from '../../api/index.ts';
import { podField, resourceField } from '../pod/environment.ts';
import { objectBytes } from './object-data.ts';
import { VolumeFiles } from './volume-files.ts';

/** A volume cannot be set up; the message is upstream's, for a FailedMount event. */
export class VolumeError extends Error {}

/** Where a volume's files come from. */
export interface VolumeSources {
  readonly pod: Pod;
  readonly configMap: (name: string) => ConfigMap | undefined;
  readonly secret: (name: string) => Secret | undefined;
  /** A token of the pod's service account, by audience; it was asked for before. */
  readonly token: (audience: string) => (() => string) | undefined;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly hostIp: string;
  readonly podIp: string | undefined;
}

/** The objects that a pod's volumes and environment refer to. */
export interface ObjectReferences {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  /** Service account tokens in projected volumes. */
  readonly tokens: readonly { readonly audience: string; readonly expirationSeconds: number }[];
}

/** Everything that a pod has to read before its containers can start. */
export function objectReferences(pod: Pod): ObjectReferences {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const tokens: { readonly audience: string; readonly expirationSeconds: number }[] = [];
  const add = (set: Set<string>, name: string | undefined) => { if (name !== undefined) set.add(name); };
  for (const volume of pod.spec.volumes ?? []) {
    add(configMaps, volume.configMap?.name);
    add(secrets, volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add(configMaps, source.configMap?.name);
      add(secrets, source.secret?.name);
      const token = source.serviceAccountToken;
      if (token !== undefined) tokens.push({ audience: token.audience ?? '', expirationSeconds: token.expirationSeconds ?? 3600 });
    }
  }
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      add(configMaps, from.configMapRef?.name);
      add(secrets, from.secretRef?.name);
    }
    for (const variable of container.env ?? []) {
      add(configMaps, variable.valueFrom?.configMapKeyRef?.name);
      add(secrets, variable.valueFrom?.secretKeyRef?.name);
    }
  }
  return { configMaps, secrets, tokens };
}

/** The files of a volume, by path. undefined: an empty folder that its containers share. Throws VolumeError. Pure. */
export function volumeFiles(volume: Volume, sources: VolumeSources): VolumeFiles | undefined {
  if (volume.emptyDir !== undefined) return undefined;
  const files = new VolumeFiles();
  if (volume.configMap !== undefined) addConfigMap(files, volume.configMap, sources);
  else if (volume.secret !== undefined) addSecret(files, { ...volume.secret, name: volume.secret.secretName ?? '' }, sources);
  else if (volume.downwardAPI !== undefined) addDownward(files, volume.downwardAPI.items, sources);
  else if (volume.projected !== undefined) {
    for (const source of volume.projected.sources ?? []) {
      if (source.configMap !== undefined) addConfigMap(files, source.configMap, sources);
      if (source.secret !== undefined) addSecret(files, { ...source.secret, name: source.secret.name ?? '' }, sources);
      if (source.downwardAPI !== undefined) addDownward(files, source.downwardAPI.items, sources);
      if (source.serviceAccountToken !== undefined) addToken(files, source.serviceAccountToken, sources);
      if (source.clusterTrustBundle !== undefined) throw new VolumeError('clusterTrustBundle projections are not available in this lab');
    }
  } else throw new VolumeError(unavailable(volume));
  return files;
}

type Selection = { readonly name?: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean };

function addToken(files: VolumeFiles, { path, audience = '' }: ServiceAccountTokenProjection, sources: VolumeSources): void {
  const token = sources.token(audience);
  files.setLazily(path, () => encodeText(token?.() ?? ''));
}

function addConfigMap(files: Map<string, Uint8Array>, selection: Selection, sources: VolumeSources): void {
  const object = sources.configMap(selection.name ?? '');
  if (object === undefined && selection.optional !== true) throw new VolumeError(`configmap "${selection.name}" not found`);
  if (object !== undefined) addKeys(files, objectBytes('ConfigMap', object), selection, 'configmap references non-existent config key');
}

function addSecret(files: Map<string, Uint8Array>, selection: Selection, sources: VolumeSources): void {
  const object = sources.secret(selection.name ?? '');
  if (object === undefined && selection.optional !== true) throw new VolumeError(`secret "${selection.name}" not found`);
  if (object !== undefined) addKeys(files, objectBytes('Secret', object), selection, 'references non-existent secret key');
}

function addKeys(files: Map<string, Uint8Array>, data: ReadonlyMap<string, Uint8Array>, selection: Selection, missing: string): void {
  if (selection.items === undefined || selection.items.length === 0) {
    for (const [key, bytes] of data) files.set(key, bytes);
    return;
  }
  for (const { key, path } of selection.items) {
    const bytes = data.get(key);
    if (bytes !== undefined) files.set(path, bytes);
    else if (selection.optional !== true) throw new VolumeError(`${missing}: ${key}`);
  }
}

function addDownward(files: Map<string, Uint8Array>, items: readonly DownwardAPIVolumeFile[] | undefined, sources: VolumeSources): void {
  const { pod, allocatable } = sources;
  for (const { path, fieldRef, resourceFieldRef } of items ?? []) {
    const first = pod.spec.containers[0];
    if (fieldRef !== undefined) files.set(path, encodeText(podField(pod, fieldRef.fieldPath)));
    else if (resourceFieldRef !== undefined && first !== undefined) files.set(path, encodeText(resourceField(resourceFieldRef, pod, first, allocatable)));
  }
}

function unavailable(volume: Volume): string {
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  return `volumes of kind ${kind} are not available in this lab yet`;
}

/** Makes a live map equal to the files of its volume; untouched entries keep their place. Gives back whether anything changed. */
export function replaceFiles(live: VolumeFiles, next: VolumeFiles): boolean {
  let changed = false;
  for (const path of [...live.keys()]) if (!next.has(path)) changed = live.delete(path) || changed;
  for (const path of next.keys()) changed = live.take(path, next) || changed;
  return changed;
}

/** True where files show the pod's labels or annotations, which change while it runs. */
export function volumesShowMetadata(pod: Pod): boolean {
  return (pod.spec.volumes ?? []).some((volume) => [volume.downwardAPI, ...(volume.projected?.sources ?? []).map((source) => source.downwardAPI)]
    .some((source) => source?.items?.some((item) => /^metadata\.(labels|annotations)/.test(item.fieldRef?.fieldPath ?? ''))));
}
