import { expect, it } from 'vitest';
import { clusterRoleBindings, clusterRoles, mutatingAdmissionPolicyBindings, validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from '../../../src/api/index.ts';
import { createClient } from '../../../src/client/index.ts';
import { ADMIN, startServer } from '../harness.ts';

const matchConstraints = { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] };
const policy = (name: string, apiVersion: string, kind: string) => ({ metadata: { name }, spec: { paramKind: { apiVersion, kind }, matchConstraints, validations: [{ expression: 'true' }] } });
const binding = (name: string, policyName: string, paramRef: object) => ({ metadata: { name }, spec: { policyName, paramRef: { parameterNotFoundAction: 'Deny', ...paramRef }, validationActions: ['Deny'] } });

// The texts are those that kube-apiserver 1.36.1 gave to the same requests.
it('lets nobody read parameters through a policy that they may not read themselves', async () => {
  const { server } = await startServer();
  const admin = createClient(server.transportFor(ADMIN));
  const alice = createClient(server.transportFor({ name: 'alice', uid: 'alice', groups: ['developers', 'system:authenticated'] }));
  const grant = async (name: string, rule: object) => {
    await admin.resource(clusterRoles).create({ metadata: { name }, rules: [rule as never] });
    await admin.resource(clusterRoleBindings).create({
      metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
    });
  };
  await grant('policies', { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] });
  await admin.resource(validatingAdmissionPolicies).create(policy('maps', 'v1', 'ConfigMap'));
  await admin.resource(validatingAdmissionPolicies).create(policy('widgets', 'example.com/v1', 'Widget'));
  const user = 'user &{alice alice [developers system:authenticated] map[]}';
  const refused = async (write: Promise<unknown>) => write.then(() => 'done', (error: Error) => error.message.replace(/^.* is invalid: /, ''));

  expect([
    await refused(alice.resource(validatingAdmissionPolicies).create(policy('a', 'v1', 'ConfigMap'))),
    await refused(alice.resource(validatingAdmissionPolicyBindings).create(binding('a', 'maps', { name: 'a', namespace: 'b' }))),
    await refused(alice.resource(validatingAdmissionPolicyBindings).create(binding('a', 'none', { selector: {} }))),
    await refused(alice.resource(validatingAdmissionPolicyBindings).create(binding('a', 'widgets', { name: 'a' }))),
    await refused(alice.resource(mutatingAdmissionPolicyBindings).create(binding('a', 'none', { name: 'a' }))),
    await refused(alice.resource(validatingAdmissionPolicyBindings).create(binding('A', 'maps', { name: 'a' }))),
  ]).toEqual([
    `spec.paramKind: Forbidden: ${user} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)`,
    `spec.paramRef: Forbidden: ${user} does not have "get" permission on the object referenced by paramRef`,
    `spec.paramRef: Forbidden: unable to get policy none to determine minimum required permissions and ${user} does not have "list" permission for all groups, versions and resources`,
    `spec.paramRef: Forbidden: unable to resolve paramKind &{example.com/v1 Widget} to determine minimum required permissions and ${user} does not have "get" permission for all groups, versions and resources`,
    `spec.paramRef: Forbidden: unable to get policy none to determine minimum required permissions and ${user} does not have "get" permission for all groups, versions and resources`,
    expect.stringMatching(/^metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain/) as string,
  ]);

  await grant('maps', { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] });
  expect([
    await refused(alice.resource(validatingAdmissionPolicies).create(policy('a', 'v1', 'ConfigMap'))),
    await refused(alice.resource(validatingAdmissionPolicyBindings).create(binding('a', 'maps', { name: 'a', namespace: 'b' }))),
  ]).toEqual(['done', 'done']);
  server.stop();
});
