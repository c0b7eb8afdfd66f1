import { jsonEqual } from '../../base/index.ts';
import { hasReason, type KubernetesObject } from '../../api/index.ts';
import type { Transport } from '../../client/index.ts';
import type { ResourceCache } from '../watchcache/index.ts';
import { AUTO_UPDATE_ANNOTATION, type BootstrapConfiguration, bootstrapFlowSchemas, bootstrapPriorityLevels, GROUP } from './bootstrap-configuration.ts';

interface Configuration extends KubernetesObject {
  readonly spec?: unknown;
}

export interface EnsureSources {
  readonly transport: Transport;
  readonly flowSchemas: ResourceCache;
  readonly priorityLevels: ResourceCache;
}

/**
 * Puts back what belongs to every cluster: suggested objects first, mandatory ones, and takes away those that the server kept
 * once and no longer does. Kubernetes: registry/flowcontrol/rest, ensure.
 */
export async function ensureConfiguration({ transport, flowSchemas, priorityLevels }: EnsureSources): Promise<void> {
  for (const mandatory of [false, true]) {
    for (const each of bootstrapPriorityLevels) if (each.mandatory === mandatory) await ensure(transport, priorityLevels, 'prioritylevelconfigurations', each);
    for (const each of bootstrapFlowSchemas) if (each.mandatory === mandatory) await ensure(transport, flowSchemas, 'flowschemas', each);
  }
  await removeOutdated(transport, flowSchemas, 'flowschemas', bootstrapFlowSchemas);
  await removeOutdated(transport, priorityLevels, 'prioritylevelconfigurations', bootstrapPriorityLevels);
}

async function ensure<T extends KubernetesObject>(transport: Transport, cache: ResourceCache, resource: string, wanted: BootstrapConfiguration<T>): Promise<void> {
  const { name } = wanted.object.metadata;
  const target = { group: GROUP, version: 'v1', resource };
  const current = cache.objects.get('', name)?.object;
  const next = current === undefined ? wanted.object : revised(current, wanted.object as unknown as Configuration, wanted.mandatory);
  if (next === undefined) return;
  try {
    if (current === undefined) await transport.request({ ...target, verb: 'create', body: next });
    else await transport.request({ ...target, verb: 'update', name, body: next });
  } catch (error) {
    // Somebody was quicker; the next look will tell.
    if (!hasReason(error, 'AlreadyExists', 'Conflict', 'NotFound')) throw error;
  }
}

/** Undefined where all is well. Kubernetes: ensurer/strategy.go, ReviseIfNeeded. */
function revised(current: Configuration, wanted: Configuration, mandatory: boolean): Configuration | undefined {
  const kept = mandatory || isKept(current);
  const annotation = truthOf(current.metadata.annotations?.[AUTO_UPDATE_ANNOTATION]);
  const specChanged = kept && !jsonEqual(current.spec, wanted.spec);
  if (annotation === kept && !specChanged) return undefined;
  const annotations = annotation === kept ? current.metadata.annotations : { ...current.metadata.annotations, [AUTO_UPDATE_ANNOTATION]: String(kept) };
  return { ...current, metadata: { ...current.metadata, ...(annotations === undefined ? {} : { annotations }) }, ...(specChanged ? { spec: wanted.spec } : {}) };
}

/** Who has changed a suggested object keeps his change. */
function isKept(current: KubernetesObject): boolean {
  return truthOf(current.metadata.annotations?.[AUTO_UPDATE_ANNOTATION]) ?? current.metadata.generation === 1;
}

/** As Go's strconv.ParseBool reads it. */
function truthOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (/^(?:1|t|T|true|True|TRUE)$/.test(text)) return true;
  return /^(?:0|f|F|false|False|FALSE)$/.test(text) ? false : undefined;
}

/** Kubernetes: ensurer.RemoveUnwantedObjects: of what is marked as kept, all must be known. */
async function removeOutdated<T extends KubernetesObject>(transport: Transport, cache: ResourceCache, resource: string, known: readonly BootstrapConfiguration<T>[]): Promise<void> {
  const names = new Set(known.map(({ object }) => object.metadata.name));
  for (const { metadata } of cache.objects.list({})) {
    if (names.has(metadata.name) || truthOf(metadata.annotations?.[AUTO_UPDATE_ANNOTATION]) !== true) continue;
    const preconditions = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
    await transport.request({ group: GROUP, version: 'v1', resource, verb: 'delete', name: metadata.name, body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions } })
      .catch((error: unknown) => {
        if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      });
  }
}
