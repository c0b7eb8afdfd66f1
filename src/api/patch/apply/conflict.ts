import { StatusError } from '../../meta.ts';
import { comparePathElements, type FieldSet, formatPath, memberPaths } from './field-set.ts';
import type { Manager } from './managed-fields.ts';

/** Fields that an apply wants and another manager owns. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** 409 Conflict with a cause for each field. Kubernetes: fieldmanager, NewConflictError. */
export function newApplyConflict(conflicts: readonly Conflict[]): StatusError {
  const byManager = conflicts
    .map(({ manager, fields }) => ({ text: describeManager(manager), paths: [...memberPaths(fields)].sort(comparePaths).map(formatPath) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const causes = byManager.flatMap(({ text, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${text}`, field })));
  return new StatusError({
    status: 'Failure', code: 409, reason: 'Conflict', details: { causes }, message: describe(causes.length, byManager),
  });
}

function describe(count: number, byManager: readonly { readonly text: string; readonly paths: readonly string[] }[]): string {
  const [first] = byManager;
  if (count === 1 && first !== undefined) return `Apply failed with 1 conflict: conflict with ${first.text}: ${first.paths[0]}`;
  const lines = byManager.flatMap(({ text, paths }) => [`conflicts with ${text}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = comparePathElements(a[index] ?? '', b[index] ?? '');
    if (order === 0) continue;
    // At each level, what ends there comes first. Kubernetes: fieldpath.Set.Iterate.
    const ends = Number(index < a.length - 1) - Number(index < b.length - 1);
    return ends === 0 ? order : ends;
  }
  return a.length - b.length;
}

function describeManager(manager: Manager): string {
  const name = JSON.stringify(manager.name);
  const from = manager.subresource === '' ? name : `${name} with subresource ${JSON.stringify(manager.subresource)}`;
  return manager.operation === 'Update' ? `${from} using ${manager.apiVersion}` : from;
}
