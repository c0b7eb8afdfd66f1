import type { ColumnDefinition } from '../definition.ts';
import type { KubernetesObject } from '../meta.ts';
import { ageText } from './age.ts';

type Cell<T> = (object: T, nowMs: number) => string | number | boolean | null;

/** A column that `kubectl get` always shows. */
export function column<T extends KubernetesObject>(
  name: string, type: ColumnDefinition<T>['type'], description: string, cell: Cell<T>,
): ColumnDefinition<T> {
  return { name, type, format: '', description, priority: 0, cell };
}

/** A column that only `-o wide` shows. */
export function wideColumn<T extends KubernetesObject>(
  name: string, type: ColumnDefinition<T>['type'], description: string, cell: Cell<T>,
): ColumnDefinition<T> {
  return { name, type, format: '', description, priority: 1, cell };
}

/** The first column of nearly every kind. */
export const nameColumn: ColumnDefinition<KubernetesObject> = {
  name: 'Name', type: 'string', format: 'name', description: 'Name of the object, unique among its kind in a namespace.', priority: 0,
  cell: (object) => object.metadata.name,
};

/** How long ago the object was created. */
export const ageColumn: ColumnDefinition<KubernetesObject> = {
  name: 'Age', type: 'string', format: '', description: 'Time since the object was created.', priority: 0,
  cell: (object, nowMs) => ageText(object.metadata.creationTimestamp, nowMs),
};

/** What kinds without a printer of their own show. Kubernetes: rest.NewDefaultTableConvertor. */
export const defaultColumns: readonly ColumnDefinition<KubernetesObject>[] = [
  nameColumn,
  {
    name: 'Created At', type: 'date', format: '', description: 'When the object was created.', priority: 0,
    cell: (object) => object.metadata.creationTimestamp,
  },
];
