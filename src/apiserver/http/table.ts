import { type ColumnDefinition, defaultColumns, type KubernetesList, type KubernetesObject, type ResourceDefinition, scaleColumns } from '../../api/index.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** v1 or v1beta1 of meta.k8s.io. */
  readonly version: string;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
  /** Watches tell their columns only once. */
  readonly withoutColumns?: boolean;
}

/** True for a list as the API server gives it out. */
export function isList(object: object): object is KubernetesList {
  return 'items' in object && Array.isArray(object.items);
}

/** An object or list as a Table. Kubernetes: metav1.Table and the printers. */
export function toTable(object: object, definition: ResourceDefinition, options: TableOptions): object {
  const list = isList(object);
  const items = list ? ordered(object.items, isOfKind(object, definition) ? definition.rowOrder : undefined) : [object as KubernetesObject];
  const columns = columnsOf(object, definition);
  const rowConditions = isOfKind(object, definition) ? definition.rowConditions : undefined;
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
    rows: items.map((item) => toRow(item, columns, rowConditions, options)),
  };
}

function ordered(items: readonly KubernetesObject[], order: ResourceDefinition['rowOrder']): readonly KubernetesObject[] {
  return order === undefined ? items : [...items].sort(order);
}

/** A Table with no row, for a bookmark in a watch. */
export function toBookmarkTable(object: KubernetesObject, version: string): object {
  return { kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata: { resourceVersion: object.metadata.resourceVersion }, columnDefinitions: null, rows: [] };
}

function columnsOf(object: object, definition: ResourceDefinition): readonly ColumnDefinition<KubernetesObject>[] {
  if (isOfKind(object, definition)) return definition.columns;
  return (object as KubernetesObject).kind === 'Scale' ? scaleColumns as readonly ColumnDefinition<KubernetesObject>[] : defaultColumns;
}

function isOfKind(object: object, definition: ResourceDefinition): boolean {
  const { kind } = object as KubernetesObject;
  return kind === definition.kind || kind === definition.listKind;
}

function columnDefinition(column: ColumnDefinition<KubernetesObject>): object {
  const { name, type, format, description, priority } = column;
  return { name, type, format, description, priority };
}

function toRow(
  object: KubernetesObject, columns: readonly ColumnDefinition<KubernetesObject>[], rowConditions: ResourceDefinition['rowConditions'], options: TableOptions,
): object {
  const conditions = rowConditions?.(object) ?? [];
  return {
    cells: columns.map((column) => column.cell(object, options.nowMs)),
    ...(conditions.length === 0 ? {} : { conditions }),
    object: options.includeObject === 'None' ? null : options.includeObject === 'Object' ? object : toPartialObject(object, options.version),
  };
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
