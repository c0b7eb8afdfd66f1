import { type Node, quantityMilliValue, quantityValue } from '../../api/index.ts';
import type { HostPort, PodInfo } from './pod-info.ts';
import { PodCounters } from './pod-counters.ts';

/**
 * The cluster as the scheduler sees it: one row a node, kept up to date pod by pod. Columns are plain arrays by row, so
 * that a pass over all nodes reads numbers in a line. Pods that were just given a node count at once (they are assumed).
 * Kubernetes: scheduler/backend/cache, with its snapshot in one.
 */
export class NodeTable {
  /** Rows in use, in the order in which their nodes came. */
  readonly rows: number[] = [];
  readonly nodes: Node[] = [];
  readonly allocatableCpuMilli: number[] = [];
  readonly allocatableMemoryBytes: number[] = [];
  readonly allocatableEphemeralBytes: number[] = [];
  readonly allocatablePods: number[] = [];
  readonly requestedCpuMilli: number[] = [];
  readonly requestedMemoryBytes: number[] = [];
  readonly requestedEphemeralBytes: number[] = [];
  readonly nonZeroCpuMilli: number[] = [];
  readonly nonZeroMemoryBytes: number[] = [];
  readonly podCount: number[] = [];
  readonly allocatableOther: (ReadonlyMap<string, number> | undefined)[] = [];
  readonly requestedOther: Map<string, number>[] = [];
  readonly hostPorts: HostPort[][] = [];
  readonly pods: Map<string, PodInfo>[] = [];
  /** Pods on nodes with required anti-affinity, and with any affinity or anti-affinity, by key. */
  readonly antiAffinityPods = new Map<string, PlacedPod>();
  readonly affinityPods = new Map<string, PlacedPod>();
  readonly counters: PodCounters;
  /** Nodes with any taint, and nodes that are cordoned: where there are none, nobody needs to look. */
  taintedCount = 0;
  unschedulableCount = 0;
  private readonly imageColumns = new Map<string, readonly number[]>();
  private readonly labelColumns = new Map<string, LabelColumn>();
  private readonly rowByName = new Map<string, number>();
  private readonly placed = new Map<string, PlacedPod>();
  /** Pods whose node is not there (yet), by node name. */
  private readonly homeless = new Map<string, Map<string, PodInfo>>();
  private readonly freeRows: number[] = [];

  constructor() {
    this.counters = new PodCounters(() => this.placed.values());
  }

  rowOf(nodeName: string): number | undefined {
    return this.rowByName.get(nodeName);
  }

  node(row: number): Node {
    return this.nodes[row] as Node;
  }

  label(row: number, key: string): string | undefined {
    return this.nodes[row]?.metadata.labels?.[key];
  }

  /** The values of one label by row; kept until a node comes, goes or is labelled anew. */
  labelColumn(key: string): LabelColumn {
    let column = this.labelColumns.get(key);
    if (column === undefined) {
      const values: (string | undefined)[] = [];
      for (let row = 0; row < this.nodes.length; row++) values.push(this.label(row, key));
      column = { values, isEmpty: this.rows.every((row) => values[row] === undefined) };
      this.labelColumns.set(key, column);
    }
    return column;
  }

  /** Bytes of an image by row, 0 where the node does not have it; undefined where no node has it. Kept as label columns are. */
  imageColumn(image: string): readonly number[] | undefined {
    let column = this.imageColumns.get(image);
    if (column === undefined) {
      const bytes = this.nodes.map((node) => node.status?.images?.find((item) => item.names?.includes(image) === true)?.sizeBytes ?? 0);
      column = this.rows.some((row) => (bytes[row] ?? 0) > 0) ? bytes : noBytes;
      if (this.imageColumns.size >= imageColumnsMax) this.imageColumns.clear();
      this.imageColumns.set(image, column);
    }
    return column === noBytes ? undefined : column;
  }

  /** Adds a node or takes over its new version. */
  setNode(node: Node): void {
    let row = this.rowByName.get(node.metadata.name);
    const isNew = row === undefined;
    if (row === undefined) {
      row = this.freeRows.pop() ?? this.nodes.length;
      this.labelColumns.clear();
      this.imageColumns.clear();
      this.rowByName.set(node.metadata.name, row);
      this.rows.push(row);
      this.requestedCpuMilli[row] = this.requestedMemoryBytes[row] = this.requestedEphemeralBytes[row] = 0;
      this.nonZeroCpuMilli[row] = this.nonZeroMemoryBytes[row] = this.podCount[row] = 0;
      this.requestedOther[row] = new Map();
      this.hostPorts[row] = [];
      this.pods[row] = new Map();
      this.counters.clearRow(row);
    }
    const allocatable = node.status?.allocatable ?? node.status?.capacity ?? {};
    const before = isNew ? undefined : this.nodes[row];
    this.taintedCount += Number(isTainted(node)) - Number(isTainted(before));
    this.unschedulableCount += Number(node.spec.unschedulable === true) - Number(before?.spec.unschedulable === true);
    if (before?.metadata.labels !== node.metadata.labels) this.labelColumns.clear();
    if (before?.status?.images !== node.status?.images) this.imageColumns.clear();
    this.nodes[row] = node;
    this.allocatableCpuMilli[row] = milli(allocatable['cpu']);
    this.allocatableMemoryBytes[row] = whole(allocatable['memory']);
    this.allocatableEphemeralBytes[row] = whole(allocatable['ephemeral-storage']);
    this.allocatablePods[row] = whole(allocatable['pods']);
    this.allocatableOther[row] = otherOf(allocatable);
    const waiting = this.homeless.get(node.metadata.name);
    if (waiting === undefined) return;
    this.homeless.delete(node.metadata.name);
    for (const info of waiting.values()) this.addPod(info, node.metadata.name);
  }

  removeNode(name: string): void {
    const row = this.rowByName.get(name);
    if (row === undefined) return;
    const pods = [...(this.pods[row] as Map<string, PodInfo>).values()];
    for (const info of pods) this.removePod(info.key);
    this.rowByName.delete(name);
    this.rows.splice(this.rows.indexOf(row), 1);
    this.freeRows.push(row);
    this.labelColumns.clear();
    this.imageColumns.clear();
    this.taintedCount -= Number(isTainted(this.nodes[row]));
    this.unschedulableCount -= Number(this.nodes[row]?.spec.unschedulable === true);
    for (const info of pods) this.addPod(info, name);
  }

  /** Puts a pod on a node; moves or replaces the version that is there. */
  addPod(info: PodInfo, nodeName: string): void {
    this.removePod(info.key);
    const row = this.rowByName.get(nodeName);
    if (row === undefined) {
      const waiting = this.homeless.get(nodeName);
      if (waiting === undefined) this.homeless.set(nodeName, new Map([[info.key, info]]));
      else waiting.set(info.key, info);
      return;
    }
    const placed = { info, row };
    this.placed.set(info.key, placed);
    this.pods[row]?.set(info.key, info);
    this.account(row, info, 1);
    for (const port of info.hostPorts) this.hostPorts[row]?.push(port);
    const { affinity } = info.pod.spec;
    if (affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined) {
      this.affinityPods.set(info.key, placed);
      if ((affinity.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length ?? 0) > 0) this.antiAffinityPods.set(info.key, placed);
    }
    this.counters.add(info, row);
  }

  removePod(key: string): void {
    const placed = this.placed.get(key);
    if (placed === undefined) {
      for (const waiting of this.homeless.values()) if (waiting.delete(key)) return;
      return;
    }
    const { row, info } = placed;
    this.placed.delete(key);
    this.pods[row]?.delete(key);
    this.account(row, info, -1);
    for (const port of info.hostPorts) {
      const ports = this.hostPorts[row] ?? [];
      ports.splice(ports.findIndex((other) => samePort(other, port)), 1);
    }
    this.affinityPods.delete(key);
    this.antiAffinityPods.delete(key);
    this.counters.remove(info, row);
  }

  /** Takes over a version of a pod that differs in nothing that is counted. */
  replacePod(info: PodInfo): void {
    const placed = this.placed.get(info.key);
    if (placed === undefined) return;
    placed.info = info;
    this.pods[placed.row]?.set(info.key, info);
  }

  /** Where a pod is, if it is on a known node. */
  placeOf(key: string): PlacedPod | undefined {
    return this.placed.get(key);
  }

  private account(row: number, info: PodInfo, sign: 1 | -1): void {
    const { requests } = info;
    this.requestedCpuMilli[row] = (this.requestedCpuMilli[row] as number) + sign * requests.cpuMilli;
    this.requestedMemoryBytes[row] = (this.requestedMemoryBytes[row] as number) + sign * requests.memoryBytes;
    this.requestedEphemeralBytes[row] = (this.requestedEphemeralBytes[row] as number) + sign * requests.ephemeralBytes;
    this.nonZeroCpuMilli[row] = (this.nonZeroCpuMilli[row] as number) + sign * info.nonZeroCpuMilli;
    this.nonZeroMemoryBytes[row] = (this.nonZeroMemoryBytes[row] as number) + sign * info.nonZeroMemoryBytes;
    this.podCount[row] = (this.podCount[row] as number) + sign;
    if (requests.other === undefined) return;
    const other = this.requestedOther[row] as Map<string, number>;
    for (const [name, value] of requests.other) other.set(name, (other.get(name) ?? 0) + sign * value);
  }
}

/** One label of all nodes. */
export interface LabelColumn {
  /** By row. */
  readonly values: readonly (string | undefined)[];
  /** True where no node has the label. */
  readonly isEmpty: boolean;
}

/** A pod on a row. */
export interface PlacedPod {
  info: PodInfo;
  readonly row: number;
}

const noBytes: readonly number[] = [];
const imageColumnsMax = 1000;

const isTainted = (node: Node | undefined) => (node?.spec.taints?.length ?? 0) > 0;
const milli = (text: string | undefined) => (text === undefined ? 0 : quantityMilliValue(text));
const whole = (text: string | undefined) => (text === undefined ? 0 : quantityValue(text));
const plain: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods']);
const samePort = (a: HostPort, b: HostPort) => a.port === b.port && a.protocol === b.protocol && a.ip === b.ip;

function otherOf(allocatable: Readonly<Record<string, string>>): ReadonlyMap<string, number> | undefined {
  let other: Map<string, number> | undefined;
  for (const name in allocatable) if (!plain.has(name)) (other ??= new Map()).set(name, whole(allocatable[name]));
  return other;
}
