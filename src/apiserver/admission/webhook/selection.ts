import type { KubernetesObject, Namespace, Selector } from '../../../api/index.ts';
import { newNotFound } from '../../errors.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes } from '../chain.ts';
import type { Hook } from './hooks.ts';
import { namespaceOf } from './review.ts';

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * True where the webhook's selectors take in the request's namespace and one of its objects. Throws 404 where there is
 * no such namespace. Kubernetes: webhook/predicates, namespace and object.
 */
export function isSelected(
  hook: Pick<Hook, 'namespaceSelector' | 'objectSelector'>, namespaces: ResourceCache, attributes: AdmissionAttributes, object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): boolean {
  const { namespaceSelector, objectSelector } = hook;
  if (objectSelector !== undefined && !matchesLabels(objectSelector, object) && !matchesLabels(objectSelector, old)) return false;
  return namespaceSelector === undefined || matchesNamespace(namespaceSelector, namespaces, attributes, object);
}

function matchesLabels(selector: Selector, object: KubernetesObject | undefined): boolean {
  // The options of a connection have no metadata.
  return object?.metadata !== undefined && selector.matches(object.metadata.labels ?? NO_LABELS);
}

function matchesNamespace(selector: Selector, namespaces: ResourceCache, attributes: AdmissionAttributes, object: KubernetesObject | undefined): boolean {
  const { definition, subresource, operation } = attributes;
  const name = namespaceOf(attributes);
  const isNamespace = definition.resource === 'namespaces';
  // What lies in no namespace is never exempted.
  if (name === '' && !isNamespace) return true;
  if (isNamespace && subresource === undefined && (operation === 'CREATE' || operation === 'UPDATE')) return matchesLabels(selector, object);
  const namespace = namespaces.objects.get('', name)?.object as Namespace | undefined;
  if (namespace === undefined) throw newNotFound({ group: '', resource: 'namespaces' }, name);
  return selector.matches(namespace.metadata.labels ?? NO_LABELS);
}
