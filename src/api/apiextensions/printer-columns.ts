import type { KubernetesObject } from '../meta.ts';
import type { ColumnDefinition } from '../definition.ts';
import { ageText } from '../printers/age.ts';
import { nameColumn } from '../printers/columns.ts';
import { parseTime } from '../time.ts';
import { parseJsonPath } from './json-path.ts';
import type { CustomResourceColumnDefinition } from './types.ts';
import { numberText } from './values/validate-number.ts';

type Cell = string | number | boolean | null;

const AGE: CustomResourceColumnDefinition = {
  name: 'Age', type: 'date', description: 'Time since the object was created.', jsonPath: '.metadata.creationTimestamp',
};

/** The columns of a version; its age where it has none. Kubernetes: registry/customresource/tableconvertor. */
export function customColumns(columns: readonly CustomResourceColumnDefinition[] | undefined): readonly ColumnDefinition<KubernetesObject>[] {
  const own: ColumnDefinition<KubernetesObject>[] = [];
  for (const column of columns === undefined || columns.length === 0 ? [AGE] : columns) {
    const made = toColumn(column);
    // A path that can't be read ends the columns.
    if (made === undefined) break;
    own.push(made);
  }
  return [nameColumn, ...own];
}

function toColumn(column: CustomResourceColumnDefinition): ColumnDefinition<KubernetesObject> | undefined {
  const { name, type, format = '', priority = 0, jsonPath } = column;
  const path = parseJsonPath(jsonPath);
  if (path === undefined) return undefined;
  return {
    name, type: type as ColumnDefinition<KubernetesObject>['type'], format, priority,
    description: column.description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    cell: (object, nowMs) => {
      const [value] = path(object);
      return value === undefined ? null : cellOf(type, value, nowMs);
    },
  };
}

function cellOf(type: string, value: unknown, nowMs: number): Cell {
  switch (type) {
    case 'string':
      return textOf(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return Number.isNaN(parseTime(value)) ? '<invalid>' : ageText(value, nowMs);
    default:
      return null;
  }
}

/** Kubernetes: jsonpath, PrintResults. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? numberText(value) : JSON.stringify(value);
}
