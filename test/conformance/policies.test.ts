import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, refusal, type Resource, startConformanceCluster } from './cluster.ts';
import { workload } from './objects.ts';

let cluster: ConformanceCluster;
let namespace: string;
let deployments: Resource;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

/** A policy for the Deployments of a new namespace, bound. */
const bind = async (kind: 'Validating' | 'Mutating', spec: object) => {
  namespace = await cluster.namespace();
  deployments = cluster.resource('apps/v1', 'deployments', namespace);
  const of = (plural: string) => cluster.resource('admissionregistration.k8s.io/v1', plural);
  await of(`${kind.toLowerCase()}admissionpolicies`).create({
    metadata: { name: `${namespace}.policy.example.com` },
    spec: { matchConstraints: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] }, ...spec },
  });
  await of(`${kind.toLowerCase()}admissionpolicybindings`).create({ metadata: { name: `${namespace}.binding.example.com` }, spec: { policyName: `${namespace}.policy.example.com`, ...(kind === 'Validating' ? { validationActions: ['Deny'] } : {}) } });
  await cluster.advance(1_000);
};
const create = (name: string, replicas: number) => refusal(deployments.create(workload('Deployment', name, replicas)));
const denied = (message: string) => `422 Invalid: deployments.apps "denied" is forbidden: ValidatingAdmissionPolicy '${namespace}.policy.example.com' with binding '${namespace}.binding.example.com' denied request: ${message}`;

it('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should validate against a Deployment [Conformance]', async () => {
  await bind('Validating', {
    validations: [
      { expression: 'object.spec.replicas > 1', messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)" },
      { expression: "namespaceObject.metadata.name == 'e2e-1'", message: 'Internal error! Other namespace should not be allowed.' },
    ],
  });
  expect([await create('denied', 1), await create('replicated', 2)]).toEqual([denied('wants replicas > 1, got 1'), 'was not refused']);
  expect(await refusal(cluster.resource('apps/v1', 'replicasets', namespace).create(workload('ReplicaSet', 'non-replicated', 1)))).toBe('was not refused');
  await cluster.namespace();
  expect(await refusal(deployments.in('default').create(workload('Deployment', 'elsewhere', 1)))).toBe('was not refused');
});

it('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should allow expressions to refer variables. [Conformance]', async () => {
  await bind('Validating', {
    variables: [{ name: 'replicas', expression: 'object.spec.replicas' }, { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' }],
    validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
  });
  expect([await create('denied', 1), await create('replicated', 3)]).toEqual([denied('failed expression: variables.replicas > 1'), 'was not refused']);
  expect(await create('denied', 2)).toBe(denied('failed expression: variables.oddReplicas'));
  expect(await refusal(cluster.resource('apps/v1', 'replicasets', namespace).create(workload('ReplicaSet', 'non-replicated', 1)))).toBe('was not refused');
});

it('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment [Conformance]', async () => {
  await bind('Mutating', { reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: 1337}}' } }] });
  expect((await deployments.create(workload('Deployment', 'marker', 1)))['spec'].replicas).toBe(1337);
});

it('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment with annotations [Conformance]', async () => {
  await bind('Mutating', { reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{metadata: Object.metadata{annotations: {"mutated-by": "admission-policy"}}}' } }] });
  expect((await deployments.create(workload('Deployment', 'marker', 1))).metadata.annotations).toEqual({ 'mutated-by': 'admission-policy' });
});
