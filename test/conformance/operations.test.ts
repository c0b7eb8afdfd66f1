import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConformanceCluster, startConformanceCluster } from './cluster.ts';
import { type OperationsSpec, tryOperations } from './operations.ts';

let cluster: ConformanceCluster;

beforeAll(async () => {
  cluster = await startConformanceCluster(0);
});
afterAll(() => cluster.stop());

const operationsOf = (spec: OperationsSpec) => tryOperations(cluster, spec);
const POD_TEMPLATE = { metadata: { labels: { app: 'e2e' } }, spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'nginx:1.27' }] } };
const MATCH_DEPLOYMENTS = { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }] };
const KEEP_OUT = { namespaceSelector: { matchLabels: { 'e2e-nobody': 'yes' } } };
const condition = (type: string, more: object = {}) => ({ conditions: [{ type, status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z', reason: 'E2E', message: 'Set by an e2e test', ...more }] });

it('[sig-api-machinery] API priority and fairness should support FlowSchema API operations [Conformance]', () => operationsOf({
  groupVersion: 'flowcontrol.apiserver.k8s.io/v1', plural: 'flowschemas', kind: 'FlowSchema', clusterScoped: true,
  body: {
    spec: {
      matchingPrecedence: 10_000, priorityLevelConfiguration: { name: 'global-default' }, distinguisherMethod: { type: 'ByUser' },
      rules: [{
        subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }],
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['*'] }],
      }],
    },
  },
  patch: { spec: { matchingPrecedence: 9_999 } },
  status: condition('Dangling'),
}));

it('[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API operations [Conformance]', () => operationsOf({
  groupVersion: 'flowcontrol.apiserver.k8s.io/v1', plural: 'prioritylevelconfigurations', kind: 'PriorityLevelConfiguration', clusterScoped: true,
  body: { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } },
  patch: { spec: { limited: { nominalConcurrencyShares: 4 } } },
  status: condition('E2E'),
}));

it('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations [Conformance]', () => operationsOf({
  groupVersion: 'admissionregistration.k8s.io/v1', plural: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy', clusterScoped: true,
  body: { spec: { matchConstraints: { ...MATCH_DEPLOYMENTS, ...KEEP_OUT }, validations: [{ expression: 'object.spec.replicas > 1', messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)" }] } },
  patch: { spec: { failurePolicy: 'Ignore' } },
  status: condition('E2E'),
}));

it('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations [Conformance]', () => operationsOf({
  groupVersion: 'admissionregistration.k8s.io/v1', plural: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding', clusterScoped: true,
  body: { spec: { policyName: 'replicas', validationActions: ['Deny'], matchResources: KEEP_OUT } },
  patch: { spec: { validationActions: ['Warn'] } },
}));

it('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicy API operations [Conformance]', () => operationsOf({
  groupVersion: 'admissionregistration.k8s.io/v1', plural: 'mutatingadmissionpolicies', kind: 'MutatingAdmissionPolicy', clusterScoped: true,
  body: {
    spec: {
      matchConstraints: { ...MATCH_DEPLOYMENTS, ...KEEP_OUT }, reinvocationPolicy: 'Never',
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: 3}}' } }],
    },
  },
  patch: { spec: { failurePolicy: 'Ignore' } },
}));

it('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicyBinding API operations [Conformance]', () => operationsOf({
  groupVersion: 'admissionregistration.k8s.io/v1', plural: 'mutatingadmissionpolicybindings', kind: 'MutatingAdmissionPolicyBinding', clusterScoped: true,
  body: { spec: { policyName: 'replicas', matchResources: KEEP_OUT } },
  patch: { spec: { policyName: 'other' } },
}));

it('[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota [Conformance]', () => operationsOf({
  groupVersion: 'v1', plural: 'resourcequotas', kind: 'ResourceQuota',
  body: { spec: { hard: { cpu: '1', memory: '500Mi' } } },
  patch: { spec: { hard: { memory: '750Mi' } } },
}));

it('[sig-apps] ControllerRevision [Serial] should manage the lifecycle of a ControllerRevision [Conformance]', () => operationsOf({
  groupVersion: 'apps/v1', plural: 'controllerrevisions', kind: 'ControllerRevision',
  body: { data: { spec: { template: POD_TEMPLATE } }, revision: 1 },
  patch: { revision: 2 },
}));

it('[sig-apps] CronJob should support CronJob API operations [Conformance]', () => operationsOf({
  groupVersion: 'batch/v1', plural: 'cronjobs', kind: 'CronJob',
  body: { spec: { schedule: '*/1 * * * *', suspend: true, concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: POD_TEMPLATE } } } },
  patch: { spec: { concurrencyPolicy: 'Forbid' } },
  status: { lastScheduleTime: '2024-01-01T00:00:00Z' },
}));

it('[sig-apps] DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets [Conformance]', () => operationsOf({
  groupVersion: 'policy/v1', plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget',
  body: { spec: { minAvailable: 1, selector: { matchLabels: { app: 'e2e' } } } },
  patch: { spec: { minAvailable: 2 } },
}));

it('[sig-network] EndpointSlice should support creating EndpointSlice API operations [Conformance]', () => operationsOf({
  groupVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', kind: 'EndpointSlice',
  body: { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'] }] },
  patch: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
}));

it('[sig-network] Endpoints should test the lifecycle of an Endpoint [Conformance]', () => operationsOf({
  groupVersion: 'v1', plural: 'endpoints', kind: 'Endpoints',
  body: { subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }] },
  patch: { subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080, protocol: 'TCP' }] }] },
}));

it('[sig-network] Ingress API should support creating Ingress API operations [Conformance]', () => operationsOf({
  groupVersion: 'networking.k8s.io/v1', plural: 'ingresses', kind: 'Ingress',
  body: { spec: { rules: [{ host: 'foo.bar.com', http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { service: { name: 'test-backend', port: { number: 80 } } } }] } }] } },
  patch: { spec: { ingressClassName: 'e2e' } },
  status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } },
}));

it('[sig-network] IngressClass API should support creating IngressClass API operations [Conformance]', () => operationsOf({
  groupVersion: 'networking.k8s.io/v1', plural: 'ingressclasses', kind: 'IngressClass', clusterScoped: true,
  body: { spec: { controller: 'example.com/controller' } },
  patch: { spec: { parameters: { apiGroup: 'k8s.example.com', kind: 'IngressParameters', name: 'external-lb', scope: 'Cluster' } } },
}));

it('[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations [Conformance]', async () => {
  const ipAddresses = cluster.resource('networking.k8s.io/v1', 'ipaddresses');
  const body = (name: string) => ({ metadata: { name, labels: { 'e2e-ip': 'yes', 'ipaddress.kubernetes.io/managed-by': 'e2e', 'ipaddress.kubernetes.io/ip-family': 'IPv4' } }, spec: { parentRef: { resource: 'endpoints', name: 'foo', namespace: 'bar' } } });
  const created = await ipAddresses.create(body('192.168.1.1'));
  await ipAddresses.create(body('192.168.1.2'));
  expect(await ipAddresses.get('192.168.1.1')).toEqual(created);
  expect((await ipAddresses.list({ labelSelector: 'e2e-ip=yes' })).items.length).toBe(2);
  const patched = await ipAddresses.patch('192.168.1.1', { metadata: { annotations: { patched: 'true' } } });
  const updated = await ipAddresses.update({ ...patched, metadata: { ...patched.metadata, annotations: { patched: 'true', updated: 'true' } } });
  expect(updated.metadata.annotations).toEqual({ patched: 'true', updated: 'true' });
  await ipAddresses.delete('192.168.1.1');
  await ipAddresses.deleteCollection({ labelSelector: 'e2e-ip=yes' });
  expect((await ipAddresses.list({ labelSelector: 'e2e-ip=yes' })).items).toEqual([]);
});

it('[sig-node] PodTemplates should run the lifecycle of PodTemplates [Conformance]', () => operationsOf({
  groupVersion: 'v1', plural: 'podtemplates', kind: 'PodTemplate',
  body: { template: POD_TEMPLATE },
  patch: { template: { metadata: { labels: { patched: 'yes' } } } },
}));

it('[sig-node] RuntimeClass should support RuntimeClasses API operations [Conformance]', () => operationsOf({
  groupVersion: 'node.k8s.io/v1', plural: 'runtimeclasses', kind: 'RuntimeClass', clusterScoped: true,
  body: { handler: 'test-handler' },
  patch: { overhead: { podFixed: { cpu: '250m' } } },
}));

it('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 DeviceClass [Conformance]', () => operationsOf({
  groupVersion: 'resource.k8s.io/v1', plural: 'deviceclasses', kind: 'DeviceClass', clusterScoped: true,
  body: { spec: { selectors: [{ cel: { expression: 'device.driver == "e2e.example.com"' } }] } },
}));

it('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim [Conformance]', () => operationsOf({
  groupVersion: 'resource.k8s.io/v1', plural: 'resourceclaims', kind: 'ResourceClaim',
  body: { spec: { devices: { requests: [{ name: 'req-0', exactly: { deviceClassName: 'e2e.example.com' } }] } } },
  status: { allocation: { devices: { results: [{ request: 'req-0', driver: 'e2e.example.com', pool: 'pool', device: 'device-0' }] } } },
}));

it('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate [Conformance]', () => operationsOf({
  groupVersion: 'resource.k8s.io/v1', plural: 'resourceclaimtemplates', kind: 'ResourceClaimTemplate',
  body: { spec: { spec: { devices: { requests: [{ name: 'req-0', exactly: { deviceClassName: 'e2e.example.com' } }] } } } },
}));

it('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice [Conformance]', () => operationsOf({
  groupVersion: 'resource.k8s.io/v1', plural: 'resourceslices', kind: 'ResourceSlice', clusterScoped: true,
  body: { spec: { driver: 'e2e.example.com', nodeName: 'node-x', pool: { name: 'pool', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'device-0' }] } },
}));

it('[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver [Conformance]', () => operationsOf({
  groupVersion: 'storage.k8s.io/v1', plural: 'csidrivers', kind: 'CSIDriver', clusterScoped: true,
  body: { spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ['Ephemeral'] } },
  patch: { spec: { requiresRepublish: true } },
}));

it('[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode [Conformance]', () => operationsOf({
  groupVersion: 'storage.k8s.io/v1', plural: 'csinodes', kind: 'CSINode', clusterScoped: true,
  body: { spec: { drivers: [] } },
  patch: { spec: { drivers: [{ name: 'e2e.example.com', nodeID: 'node-x' }] } },
}));

it('[sig-storage] CSIStorageCapacity should support CSIStorageCapacities API operations [Conformance]', () => operationsOf({
  groupVersion: 'storage.k8s.io/v1', plural: 'csistoragecapacities', kind: 'CSIStorageCapacity',
  body: { storageClassName: 'e2e', capacity: '1Gi', nodeTopology: { matchLabels: { zone: 'a' } } },
  patch: { capacity: '2Gi' },
}));

it('[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a StorageClass [Conformance]', () => operationsOf({
  groupVersion: 'storage.k8s.io/v1', plural: 'storageclasses', kind: 'StorageClass', clusterScoped: true,
  body: { provisioner: 'e2e-fake-provisioner', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  patch: { allowVolumeExpansion: true },
}));

it('[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment [Conformance]', () => operationsOf({
  groupVersion: 'storage.k8s.io/v1', plural: 'volumeattachments', kind: 'VolumeAttachment', clusterScoped: true,
  body: { spec: { attacher: 'e2e-fake-attacher', nodeName: 'node-x', source: { persistentVolumeName: 'e2e' } } },
  status: { attached: true },
}));

it('[sig-storage] VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through the lifecycle of a VolumeAttributesClass [Conformance]', () => operationsOf({
  groupVersion: 'storage.k8s.io/v1', plural: 'volumeattributesclasses', kind: 'VolumeAttributesClass', clusterScoped: true,
  body: { driverName: 'e2e.example.com', parameters: { iops: '100' } },
}));
