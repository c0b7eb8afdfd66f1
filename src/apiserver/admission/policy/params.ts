import { type KubernetesObject, type ParamKind, type ParamRef, type ResourceDefinition, selectorOf, StatusError } from '../../../api/index.ts';
import { type PolicySources, resourceOfKind } from './sources.ts';

/** A binding can't be used as it stands. */
export class ConfigurationError extends Error {}

const NO_PARAMS: readonly [null] = Object.freeze([null]) as readonly [null];

/** The resource of a policy's parameters; undefined where it takes none. Throws a ConfigurationError where nobody serves it. */
export function paramResource(sources: PolicySources, kind: ParamKind | undefined): ResourceDefinition | undefined {
  if (kind === undefined) return undefined;
  const { apiVersion = '', kind: kindName = '' } = kind;
  const definition = resourceOfKind(sources, apiVersion, kindName);
  if (definition === undefined) throw new ConfigurationError(`failed to find resource referenced by paramKind: '${gvkText(apiVersion, kindName)}'`);
  return definition;
}

/**
 * The parameters that a policy is to be evaluated with, one after the other; [null] where it takes none. A promise only
 * where there are some to be read. Throws or rejects with a ConfigurationError. Kubernetes: policy/generic, CollectParams.
 */
export function collectParams(
  sources: PolicySources, definition: ResourceDefinition | undefined, ref: ParamRef | undefined, requestNamespace: string,
): readonly (KubernetesObject | null)[] | Promise<readonly (KubernetesObject | null)[]> {
  if (definition === undefined || ref === undefined) return NO_PARAMS;
  let namespace = '';
  if (definition.namespaced) {
    namespace = ref.namespace ?? requestNamespace;
    if (namespace === '') throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  } else if ((ref.namespace ?? '') !== '') {
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  const name = ref.name ?? '';
  if (name === '' && ref.selector === undefined) throw new ConfigurationError('one of name or selector must be provided');
  const found = name === '' ? listed(sources, definition, namespace, ref) : named(sources, definition, namespace, name);
  return found.then((params) => {
    if (params.length === 0 && ref.parameterNotFoundAction === 'Deny') {
      throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
    }
    return params;
  });
}

async function named(sources: PolicySources, { group, version, resource }: ResourceDefinition, namespace: string, name: string): Promise<readonly KubernetesObject[]> {
  try {
    return [await sources.transport().request({ verb: 'get', group, version, resource, name, ...(namespace === '' ? {} : { namespace }) }) as KubernetesObject];
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 404) return [];
    throw error;
  }
}

async function listed(sources: PolicySources, { group, version, resource, kind }: ResourceDefinition, namespace: string, ref: ParamRef): Promise<readonly KubernetesObject[]> {
  const list = await sources.transport().request({ verb: 'list', group, version, resource, ...(namespace === '' ? {} : { namespace }) });
  const { items } = list as { readonly items: readonly KubernetesObject[] };
  const selector = selectorOf(ref.selector);
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return items.filter((item) => selector.matches(item.metadata.labels ?? {})).map((item) => (item.kind === kind ? item : { ...item, apiVersion, kind }));
}

/** Kubernetes: schema.GroupVersionKind.String. */
function gvkText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}
