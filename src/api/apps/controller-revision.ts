import { defineResource } from '../core/define.ts';
import { controllerOf, nameIsDnsSubdomain, validateImmutable, validateNonNegative, validateObjectMeta, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import type { ControllerRevision } from '../types.ts';

/** Kubernetes: pkg/registry/apps/controllerrevision. */
export const controllerRevisions = defineResource<ControllerRevision>({
  group: 'apps', resource: 'controllerrevisions', kind: 'ControllerRevision', namespaced: true, schema: 'io.k8s.api.apps.v1.ControllerRevision',
  columns: [
    nameColumn,
    column('Controller', 'string', 'Whose revision this is.', controllerText),
    column('Revision', 'string', 'Number of the revision.', (revision) => revision.revision),
    ageColumn,
  ],
  strategy: {
    defaults: (revision) => revision,
    prepareForCreate: (revision) => revision,
    prepareForUpdate: (next) => next,
    validateCreate(revision) {
      const errors = validateRevision(revision);
      if (revision.data === undefined || revision.data === null) errors.push(required('data', 'data is mandatory'));
      else if (typeof revision.data !== 'object' || Array.isArray(revision.data)) errors.push(required('data', 'data must be a valid JSON object'));
      return errors;
    },
    validateUpdate(next, old) {
      const errors = [...validateObjectMetaUpdate(next.metadata, old.metadata), ...validateRevision(next)];
      validateImmutable(next.data, old.data, 'data', errors);
      return errors;
    },
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

/** deployment.apps/web, or <none>. */
function controllerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (owner === undefined) return '<none>';
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`;
  return `${`${owner.kind}${group}`.toLowerCase()}/${owner.name}`;
}

function validateRevision(revision: ControllerRevision): FieldError[] {
  const errors = validateObjectMeta(revision.metadata, true, nameIsDnsSubdomain);
  validateNonNegative(revision.revision, 'revision', errors);
  return errors;
}
