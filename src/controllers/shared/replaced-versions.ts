import type { KubernetesObject } from '../../api/index.ts';

/**
 * Versions of objects that a controller has replaced with its own writes. While the cache still shows one of them, a pass
 * would find that nothing needs to be done and nobody would look again: it waits for the newer version instead.
 * Kubernetes: endpoint controller's staleEndpointsTracker, endpointslice's EndpointSliceTracker.
 */
export class ReplacedVersions {
  private readonly versions = new Map<string, string>();
  private readonly waiting = new Set<string>();

  /** old was written over; a write that changed nothing does not count. */
  replaced(old: KubernetesObject, now: KubernetesObject): void {
    const { uid, resourceVersion } = old.metadata;
    if (now.metadata.resourceVersion !== resourceVersion) this.versions.set(uid, resourceVersion);
  }

  /** True where the object is one that was replaced; then key waits for the cache. */
  isBehind(key: string, object: KubernetesObject): boolean {
    const isBehind = this.versions.get(object.metadata.uid) === object.metadata.resourceVersion;
    if (isBehind) this.waiting.add(key);
    return isBehind;
  }

  /** The cache moved on. True where a pass waited for it. */
  arrived(key: string): boolean {
    return this.waiting.delete(key);
  }

  forget(object: KubernetesObject): void {
    this.versions.delete(object.metadata.uid);
  }
}
