import type { ColumnDefinition } from '../definition.ts';
import type { KubernetesObject } from '../meta.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../printers/columns.ts';
import type { RoleRef, Subject } from '../types.ts';

type Binding = KubernetesObject & { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] };

/** Kubernetes: printers, roleBindingsColumnDefinitions. */
export const bindingColumns: readonly ColumnDefinition<Binding>[] = [
  nameColumn,
  column('Role', 'string', 'Role that is given.', (binding) => `${binding.roleRef.kind}/${binding.roleRef.name}`),
  ageColumn,
  wideColumn('Users', 'string', 'Users who have it.', (binding) => subjectsText(binding, 'User')),
  wideColumn('Groups', 'string', 'Groups that have it.', (binding) => subjectsText(binding, 'Group')),
  wideColumn('ServiceAccounts', 'string', 'Service accounts that have it.', (binding) => subjectsText(binding, 'ServiceAccount')),
];

function subjectsText(binding: Binding, kind: string): string {
  const subjects = (binding.subjects ?? []).filter((subject) => subject.kind === kind);
  return subjects.map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name)).join(', ');
}
