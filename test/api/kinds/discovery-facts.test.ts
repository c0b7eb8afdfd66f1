import { describe, expect, it } from 'vitest';
import { builtinResources, type FlowSchema, flowSchemas } from '../../../src/api/index.ts';

/** One line a resource: names, scope, categories, and the verbs of it and of its subresources. */
function factsOf(group: string): string[] {
  return builtinResources.filter((item) => item.group === group).map((item) => [
    `${item.resource} ${item.singular} ${item.kind} ${item.version}`, item.namespaced ? 'Namespaced' : 'Cluster',
    `[${item.shortNames.join(',')}]`, `[${item.categories.join(',')}]`, item.verbs.join(','),
    ...item.subresources.map(({ name, kind, verbs }) => `/${name} ${kind} ${verbs.join(',')}`),
  ].join(' ')).sort();
}

const verbs = 'create,delete,deletecollection,get,list,patch,update,watch';

// From upstream's published discovery of v1.36, without versions that are off by default.
describe('discovery tells of', () => {
  it.each([
    ['admissionregistration.k8s.io', [
      `mutatingadmissionpolicies mutatingadmissionpolicy MutatingAdmissionPolicy v1 Cluster [] [api-extensions] ${verbs}`,
      `mutatingadmissionpolicybindings mutatingadmissionpolicybinding MutatingAdmissionPolicyBinding v1 Cluster [] [api-extensions] ${verbs}`,
      `mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration v1 Cluster [] [api-extensions] ${verbs}`,
      `validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy v1 Cluster [] [api-extensions] ${verbs} /status ValidatingAdmissionPolicy get,patch,update`,
      `validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding v1 Cluster [] [api-extensions] ${verbs}`,
      `validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration v1 Cluster [] [api-extensions] ${verbs}`,
    ]],
    ['apiregistration.k8s.io', [`apiservices apiservice APIService v1 Cluster [] [api-extensions] ${verbs} /status APIService get,patch,update`]],
    ['certificates.k8s.io', [
      `certificatesigningrequests certificatesigningrequest CertificateSigningRequest v1 Cluster [csr] [] ${verbs} /approval CertificateSigningRequest get,patch,update /status CertificateSigningRequest get,patch,update`,
    ]],
    ['coordination.k8s.io', [`leases lease Lease v1 Namespaced [] [] ${verbs}`]],
    ['flowcontrol.apiserver.k8s.io', [
      `flowschemas flowschema FlowSchema v1 Cluster [] [] ${verbs} /status FlowSchema get,patch,update`,
      `prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration v1 Cluster [] [] ${verbs} /status PriorityLevelConfiguration get,patch,update`,
    ]],
  ])('%s as upstream does', (group, lines) => {
    expect(factsOf(group)).toEqual(lines);
  });
});

it('shows flow schemas in the order in which they are asked', () => {
  const schema = (name: string, matchingPrecedence: number) => ({ metadata: { name }, spec: { matchingPrecedence, priorityLevelConfiguration: { name } } }) as FlowSchema;
  const names = [schema('a', 3), schema('c', 1), schema('b', 1)].sort(flowSchemas.rowOrder).map(({ metadata }) => metadata.name);
  expect(names).toEqual(['b', 'c', 'a']);
});
