import { type ColumnDefinition, type KubernetesList, type KubernetesObject, type ResourceDefinition, scaleColumns } from '../../api/index.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** v1 or v1beta1 of meta.k8s.io. */
  readonly version: string;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
  /** Watches tell their columns only once. */
  readonly withoutColumns?: boolean;
}

/** What kinds without columns of their own show. Kubernetes: rest.NewDefaultTableConvertor. */
const DEFAULT_COLUMNS: readonly ColumnDefinition<KubernetesObject>[] = [
  {
    name: 'Name', type: 'string', format: 'name', description: 'Name of the object, unique among its kind in a namespace.', priority: 0,
    cell: (object) => object.metadata?.name ?? '',
  },
  {
    name: 'Created At', type: 'date', format: '', description: 'When the object was created.', priority: 0,
    cell: (object) => object.metadata?.creationTimestamp ?? null,
  },
];

/** True for a list as the API server gives it out. */
export function isList(object: object): object is KubernetesList {
  return 'items' in object && Array.isArray(object.items);
}

/** An object or list as a Table. Kubernetes: metav1.Table and the printers. */
export function toTable(object: object, definition: ResourceDefinition, options: TableOptions): object {
  const list = isList(object);
  const items = list ? object.items : [object as KubernetesObject];
  const columns = columnsOf(object, definition);
  const metadata = (object as KubernetesObject).metadata ?? {};
  const source: Readonly<Record<string, unknown>> = { ...metadata };
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: {
      ...('resourceVersion' in source ? { resourceVersion: source['resourceVersion'] } : {}),
      ...('continue' in source ? { continue: source['continue'] } : {}),
      ...('remainingItemCount' in source ? { remainingItemCount: source['remainingItemCount'] } : {}),
    },
    columnDefinitions: options.withoutColumns === true ? null : columns.map(columnDefinition),
    rows: items.map((item) => toRow(item, columns, options)),
  };
}

/** A Table with no row, for a bookmark in a watch. */
export function toBookmarkTable(object: KubernetesObject, version: string): object {
  return { kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata: { resourceVersion: object.metadata.resourceVersion }, columnDefinitions: null, rows: [] };
}

function columnsOf(object: object, definition: ResourceDefinition): readonly ColumnDefinition<KubernetesObject>[] {
  if (isOfKind(object, definition)) return definition.columns.length > 0 ? definition.columns : DEFAULT_COLUMNS;
  return (object as KubernetesObject).kind === 'Scale' ? scaleColumns as readonly ColumnDefinition<KubernetesObject>[] : DEFAULT_COLUMNS;
}

function isOfKind(object: object, definition: ResourceDefinition): boolean {
  const { kind } = object as KubernetesObject;
  return kind === definition.kind || kind === definition.listKind;
}

function columnDefinition(column: ColumnDefinition<KubernetesObject>): object {
  const { name, type, format, description, priority } = column;
  return { name, type, format, description, priority };
}

function toRow(object: KubernetesObject, columns: readonly ColumnDefinition<KubernetesObject>[], options: TableOptions): object {
  const conditions = rowConditions(object);
  return {
    cells: columns.map((column) => column.cell(object, options.nowMs)),
    ...(conditions === undefined ? {} : { conditions }),
    ...(options.includeObject === 'None' ? {} : { object: options.includeObject === 'Object' ? object : toPartialObject(object, options.version) }),
  };
}

/** Pods that are over carry a condition, by which kubectl could hide them. Kubernetes: printPod. */
function rowConditions(object: KubernetesObject): readonly object[] | undefined {
  if (object.kind !== 'Pod' || !('status' in object)) return undefined;
  switch ((object.status as { readonly phase?: string } | undefined)?.phase) {
    case 'Succeeded':
      return [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }];
    case 'Failed':
      return [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }];
    default:
      return undefined;
  }
}

/** Only the metadata of an object. */
export function toPartialObject(object: KubernetesObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** Only the metadata of each of a list's items. */
export function toPartialList(list: KubernetesList, version: string): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: list.metadata,
    items: list.items.map((item) => toPartialObject(item, version)),
  };
}
