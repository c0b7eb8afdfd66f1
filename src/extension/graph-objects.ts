import type { KubernetesObject } from '../api/index.ts';
import { GRAPH_KINDS, type GraphItem, toGraphItem } from '../graph/index.ts';

/** Kinds that the graph reads: what it draws, and what tells where traffic goes. */
export const graphKinds: ReadonlySet<string> = new Set([...GRAPH_KINDS, 'EndpointSlice']);

interface Waiting {
  readonly object: KubernetesObject;
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Changes on their way to a panel. Later ones of an object replace earlier ones that have not been sent; what of an
 * object the picture needs is worked out when it is taken, and not sent again where it is what the panel has already.
 */
export class GraphQueue {
  private readonly upserts = new Map<string, Waiting>();
  private readonly deletes = new Set<string>();
  /** What the panel has, by uid. */
  private readonly sent = new Map<string, string>();

  upsert(object: KubernetesObject, apiVersion: string, kind: string): void {
    const uid = object.metadata.uid ?? '';
    this.deletes.delete(uid);
    this.upserts.set(uid, { object, apiVersion, kind });
  }

  delete(uid: string): void {
    this.upserts.delete(uid);
    this.deletes.add(uid);
  }

  get isEmpty(): boolean {
    return this.upserts.size === 0 && this.deletes.size === 0;
  }

  /** Takes out at most countMax objects, oldest first, and all deletions. Nothing of either: nothing has to be sent. */
  take(countMax: number): { readonly upserted: readonly GraphItem[]; readonly deleted: readonly string[] } {
    const deleted = [...this.deletes].filter((uid) => this.sent.delete(uid));
    this.deletes.clear();
    const upserted: GraphItem[] = [];
    let looked = 0;
    for (const [uid, { object, apiVersion, kind }] of this.upserts) {
      if (looked++ >= countMax) break;
      this.upserts.delete(uid);
      const item = toGraphItem(object, apiVersion, kind);
      const text = JSON.stringify(item);
      if (this.sent.get(uid) === text) continue;
      this.sent.set(uid, text);
      upserted.push(item);
    }
    return { upserted, deleted };
  }

  /** The panel has nothing, and nothing waits. */
  clear(): void {
    this.upserts.clear();
    this.deletes.clear();
    this.sent.clear();
  }
}
