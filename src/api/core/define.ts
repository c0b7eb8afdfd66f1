import type { ResourceDefinition, Strategy, SubresourceDefinition } from '../definition.ts';
import type { FieldError } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import { defaultColumns } from '../printers/columns.ts';
import { allVerbs, subresourceVerbs } from './strategy-parts.ts';

type Required = 'group' | 'resource' | 'kind' | 'namespaced' | 'schema' | 'strategy';
type Optional = 'version' | 'singular' | 'shortNames' | 'categories' | 'verbs' | 'subresources' | 'selectableFields' | 'columns' | 'storagePrefix' | 'resetFields' | 'rowConditions' | 'rowOrder' | 'conversion' | 'deprecation' | 'computed';

/** A definition with what most kinds have in common filled in: version v1, all verbs, no subresources. */
export function defineResource<T extends KubernetesObject>(
  facts: Pick<ResourceDefinition<T>, Required> & Partial<Pick<ResourceDefinition<T>, Optional>>,
): ResourceDefinition<T> {
  return {
    version: 'v1',
    listKind: `${facts.kind}List`,
    singular: facts.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    subresources: [],
    selectableFields: {},
    columns: defaultColumns,
    ...facts,
  };
}

/** A kind that is only ever created and never stored: a question to the server. Such resources have the one verb create. */
export function defineRequest<T extends KubernetesObject>(
  facts: Pick<ResourceDefinition<T>, 'group' | 'resource' | 'kind' | 'namespaced' | 'schema'> & Pick<Strategy<T>, 'validateCreate'> & Partial<Pick<Strategy<T>, 'defaults'> & Pick<ResourceDefinition<T>, 'version'>>,
): ResourceDefinition<T> {
  const { validateCreate, defaults = (object: T) => object, ...names } = facts;
  return defineResource<T>({
    ...names,
    verbs: ['create'],
    strategy: {
      defaults,
      prepareForCreate: (object) => object,
      prepareForUpdate: (next) => next,
      validateCreate,
      validateUpdate: (next) => validateCreate(next),
      allowUnconditionalUpdate: true,
      allowCreateOnUpdate: false,
    },
  });
}

/** True for kinds that are never stored (reviews, bindings). */
export function isRequestKind(definition: Pick<ResourceDefinition, 'verbs'>): boolean {
  return definition.verbs.length === 1 && definition.verbs[0] === 'create';
}

/** The status subresource: get, patch and update of an object of the same kind. */
export function statusSubresource(kind: string): SubresourceDefinition {
  return { name: 'status', kind, verbs: subresourceVerbs };
}

export const scaleSubresource: SubresourceDefinition = { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: subresourceVerbs };

export const proxyVerbs: readonly string[] = ['create', 'delete', 'get', 'patch', 'update'];

/** No errors, shared. */
export const noErrors: readonly FieldError[] = Object.freeze([]);
