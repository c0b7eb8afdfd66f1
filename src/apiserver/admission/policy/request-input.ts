import type { KubernetesObject, Namespace, ResourceDefinition } from '../../../api/index.ts';
import type { Authorize } from '../../../cel/index.ts';
import { newNotFound } from '../../errors.ts';
import type { AuthorizationAttributes, UserInfo } from '../../server.ts';
import type { AdmissionAttributes } from '../chain.ts';
import { namespaceOf, newReview } from '../webhook/review.ts';
import type { PolicyInput } from './evaluation.ts';
import type { PolicySources } from './sources.ts';

/** What expressions of all policies see of a request, but for parameters. */
export type RequestInput = Omit<PolicyInput, 'params'>;

/** Makes a request fit for expressions, with its objects in the version that a policy names. */
export function requestInput(
  sources: Pick<PolicySources, 'namespaces' | 'authorize'>, attributes: AdmissionAttributes, matched: ResourceDefinition,
  object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): RequestInput {
  const { request } = newReview('v1', '', attributes, matched, { object, old }) as { readonly request: { readonly object: KubernetesObject | null; readonly oldObject: KubernetesObject | null } };
  const { definition, subresource = '', name } = attributes;
  return {
    object: request.object, oldObject: request.oldObject, request, namespace: namespaceObject(sources, attributes),
    authorize: authorizeFor(sources, attributes.user),
    requestResource: { group: definition.group, resource: definition.resource, subresource, namespace: namespaceOf(attributes), name },
  };
}

/** Where the object lies; a Namespace lies nowhere. Throws 404. */
function namespaceObject({ namespaces }: Pick<PolicySources, 'namespaces'>, { definition, namespace }: AdmissionAttributes): Namespace | undefined {
  if (namespace === '' || (definition.resource === 'namespaces' && definition.group === '')) return undefined;
  const found = namespaces.objects.get('', namespace)?.object as Namespace | undefined;
  if (found === undefined) throw newNotFound({ group: '', resource: 'namespaces' }, namespace);
  const {
    name, generateName, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, labels, annotations, finalizers,
  } = found.metadata;
  const metadata = Object.fromEntries(Object.entries({
    name, generateName, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, labels, annotations, finalizers,
  }).filter(([, value]) => value !== undefined));
  return { metadata, spec: found.spec, status: found.status ?? {} } as unknown as Namespace;
}

/** The questions of one request are answered once each. Kubernetes: plugin/authorizer, cachingAuthorizer. */
function authorizeFor({ authorize }: Pick<PolicySources, 'authorize'>, user: UserInfo): Authorize {
  const answers = new Map<string, ReturnType<Authorize>>();
  return (question) => {
    const key = JSON.stringify(question);
    let answer = answers.get(key);
    if (answer === undefined) {
      const { serviceAccount, verb, path, group, resource, subresource, namespace, name } = question;
      const who = serviceAccount === undefined ? user : serviceAccountUser(serviceAccount.namespace, serviceAccount.name);
      const attributes: AuthorizationAttributes = path === undefined ? { verb, group, resource, subresource, namespace, name } : { verb, path };
      const { allowed, reason } = authorize(who, attributes);
      answer = { allowed, reason, error: '' };
      answers.set(key, answer);
    }
    return answer;
  };
}

/** Kubernetes: serviceaccount.ServiceAccountInfo.UserInfo. */
function serviceAccountUser(namespace: string, name: string): UserInfo {
  return { name: `system:serviceaccount:${namespace}:${name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] };
}
