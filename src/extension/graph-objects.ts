import type { KubernetesObject } from '../api/index.ts';
import type { GraphObject } from '../protocol/index.ts';

/** An object without what a picture must not hold or does not need. Secret and ConfigMap keep their keys only. */
export function toGraphObject(object: KubernetesObject, apiVersion: string, kind: string): GraphObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration');
  const trimmed = { ...object, apiVersion, kind, metadata: { ...metadata, ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }) } };
  return (kind === 'Secret' || kind === 'ConfigMap' ? { ...trimmed, ...withoutValues(object, 'data'), ...withoutValues(object, 'binaryData'), ...withoutValues(object, 'stringData') } : trimmed) as unknown as GraphObject;
}

function withoutValues(object: KubernetesObject, field: string): Readonly<Record<string, unknown>> {
  const value = (object as unknown as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'object' && value !== null ? { [field]: Object.fromEntries(Object.keys(value).map((key) => [key, ''])) } : {};
}

/** Kinds that the graph draws. */
export const graphKinds: ReadonlySet<string> = new Set([
  'Node', 'Namespace', 'Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Service', 'EndpointSlice', 'Ingress', 'NetworkPolicy',
  'ConfigMap', 'Secret', 'ServiceAccount', 'PersistentVolumeClaim', 'PersistentVolume', 'StorageClass', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'ReplicationController',
]);

/** Changes on their way to a panel: later ones of an object replace earlier ones that have not been sent. */
export class GraphQueue {
  private readonly upserts = new Map<string, GraphObject>();
  private readonly deletes = new Set<string>();

  upsert(object: GraphObject): void {
    this.deletes.delete(object.metadata.uid);
    this.upserts.set(object.metadata.uid, object);
  }

  delete(uid: string): void {
    this.upserts.delete(uid);
    this.deletes.add(uid);
  }

  get isEmpty(): boolean {
    return this.upserts.size === 0 && this.deletes.size === 0;
  }

  /** Takes out at most countMax objects, oldest first, and all deletions. */
  take(countMax: number): { readonly upserted: readonly GraphObject[]; readonly deleted: readonly string[] } {
    const deleted = [...this.deletes];
    this.deletes.clear();
    const upserted: GraphObject[] = [];
    for (const [uid, object] of this.upserts) {
      if (upserted.length >= countMax) break;
      upserted.push(object);
      this.upserts.delete(uid);
    }
    return { upserted, deleted };
  }

  clear(): void {
    this.upserts.clear();
    this.deletes.clear();
  }
}
