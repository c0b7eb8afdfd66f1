import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  builtinResources, controllerOf, coreEventOf, deployments, eventsV1EventOf, isPodReady, isRequestKind, localSubjectAccessReviews, namespaces, pods,
  podStatusText, prepareNamespaceFinalize, qosClass, replicationControllers, scaleOf, selfSubjectAccessReviews, subjectAccessReviews, validateEviction,
  validateScale, validateTokenRequest, defaultTokenRequest, withReplicas, validatePodBinding, fieldErrorBody, type Deployment, type Event, type FieldError, type KubernetesObject,
  type Namespace, type Pod, type ReplicationController, type ResourceDefinition,
} from '../../../src/api/index.ts';
import { imageTag, sameValue } from '../../../src/api/index.ts';
import { decodeBase64, encodeBase64 } from '../../../src/base/index.ts';

const texts = (errors: readonly FieldError[]) => errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`);
const object = <T extends KubernetesObject>(value: unknown) => value as T;

function discoveryLine(item: ResourceDefinition): string {
  const groupVersion = item.group === '' ? item.version : `${item.group}/${item.version}`;
  const subresources = [...item.subresources].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, group, version, kind, verbs }) => {
    const ofGroup = version === undefined ? '' : `${group === undefined || group === '' ? '' : `${group}/`}${version}.`;
    return `${name}=${ofGroup}${kind}:${[...verbs].sort().join(',')}`;
  });
  return [
    groupVersion, item.resource, item.kind, item.singular, item.namespaced ? 'namespaced' : 'cluster',
    ...(item.shortNames.length > 0 ? [`short=${item.shortNames.join(',')}`] : []),
    ...(item.categories.length > 0 ? [`categories=${item.categories.join(',')}`] : []),
    [...item.verbs].sort().join(','), ...subresources,
  ].join(' ');
}

describe('the table of resources', () => {
  it('names every resource once', () => {
    const names = builtinResources.map((item) => `${item.group}/${item.version} ${item.resource}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  // discovery.txt: what Kubernetes v1.36.1 publishes in api/discovery
  it.each(builtinResources.filter((item) => !item.group.endsWith('drydock.dev')))('announces $group/$version $resource as upstream does', (item) => {
    const path = new URL('./discovery.txt', import.meta.url);
    const start = `${item.group === '' ? '' : `${item.group}/`}${item.version} ${item.resource} `;
    expect(discoveryLine(item)).toBe(readFileSync(path, 'utf8').split('\n').find((line) => line.startsWith(start)));
  });

  it('never stores what is only asked', () => {
    expect(builtinResources.filter(isRequestKind).map((item) => item.kind)).toEqual([
      'Binding', 'SelfSubjectReview', 'TokenReview', 'LocalSubjectAccessReview', 'SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview', 'AccessExplanation',
    ]);
  });

  it('gives fields to select by', () => {
    const pod = object<Pod>({
      metadata: { name: 'web' }, spec: { nodeName: 'n', restartPolicy: 'Always', schedulerName: 's', serviceAccountName: 'a', hostNetwork: true },
      status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
    });
    expect(Object.fromEntries(Object.entries(pods.selectableFields).map(([field, read]) => [field, read(pod)]))).toEqual({
      'spec.nodeName': 'n', 'spec.restartPolicy': 'Always', 'spec.schedulerName': 's', 'spec.serviceAccountName': 'a', 'spec.hostNetwork': 'true',
      'status.phase': 'Running', 'status.podIP': '10.0.0.1', 'status.podIPs': '10.0.0.1', 'status.nominatedNodeName': '',
    });
  });
});

describe('ages', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);
  const cells = (pod: Pod) => pods.columns.map((column) => column.cell(pod, nowMs));

  it('tell how long ago a container was restarted', () => {
    const pod = object<Pod>({
      metadata: { name: 'web', creationTimestamp: '2026-01-01T10:00:00Z' }, spec: { containers: [{ name: 'a', image: 'a' }] },
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'a', ready: true, restartCount: 3, state: { running: {} }, lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:55:00Z' } } }],
      },
    });
    expect(cells(pod)).toEqual(['web', '1/1', 'Running', '3 (5m ago)', '120m', '<none>', '<none>', '<none>', '<none>']);
  });

  it('are unknown where there is no time', () => {
    const pod = object<Pod>({ metadata: { name: 'web' }, spec: { containers: [] } });
    expect(cells(pod)).toEqual(['web', '0/0', '', '0', '<unknown>', '<none>', '<none>', '<none>', '<none>']);
  });

  it('mark rows of pods that have ended', () => {
    const row = (phase: string) => pods.rowConditions?.(object<Pod>({ metadata: {}, spec: { containers: [] }, status: { phase } }));
    expect(row('Running')).toEqual([]);
    expect(row('Succeeded')).toEqual([{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }]);
    expect(row('Failed')).toEqual([{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }]);
  });
});

describe('helpers', () => {
  it('tell the class of a pod', () => {
    const pod = (...resources: object[]) => object<Pod>({ metadata: {}, spec: { containers: resources.map((item, index) => ({ name: `c${index}`, resources: item })) } });
    const whole = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } };
    expect(qosClass(pod({}))).toBe('BestEffort');
    expect(qosClass(pod(whole))).toBe('Guaranteed');
    expect(qosClass(pod(whole, {}))).toBe('Burstable');
    expect(qosClass(pod({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } }))).toBe('Burstable');
    expect(qosClass(pod({ requests: { cpu: '0' } }))).toBe('BestEffort');
  });

  it('tell the tag of an image', () => {
    expect(['nginx', 'nginx:1', 'localhost:5000/a/b', 'localhost:5000/a/b:2', 'Nginx', '', 'a b', `a@sha256:${'0'.repeat(64)}`].map(imageTag))
      .toEqual(['latest', '1', 'latest', '2', '', '', '', '']);
  });

  it('find the controller of an object', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true };
    expect(controllerOf(object<Pod>({ metadata: { ownerReferences: [{ ...owner, controller: false }, owner] } }))).toBe(owner);
    expect(controllerOf(object<Pod>({ metadata: {} }))).toBeUndefined();
  });

  it('take an absent, null or empty part for the same', () => {
    expect(sameValue({ a: undefined, b: [], c: { d: {} } }, { c: null })).toBe(false);
    expect(sameValue({ a: undefined, b: [], c: {} }, { c: null })).toBe(true);
    expect(sameValue([1, { a: 'x' }], [1, { a: 'x', b: null }])).toBe(true);
    expect(sameValue({ a: 0 }, {})).toBe(false);
    expect(sameValue([1, 2], [2, 1])).toBe(false);
  });

  it('read base64 as it was written', () => {
    for (const length of [0, 1, 2, 3, 4, 5, 255]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) % 256);
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
    }
    expect(['a', 'a===', 'ab!=', '=abc'].map(decodeBase64)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('say what a pod does', () => {
    const pod = object<Pod>({ metadata: {}, spec: { containers: [] }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } });
    expect([podStatusText(pod), isPodReady(pod)]).toEqual(['Running', true]);
  });
});

describe('events', () => {
  it('are one thing under two names', () => {
    const event = object<Event>({
      apiVersion: 'v1', kind: 'Event', metadata: { name: 'a' }, involvedObject: { kind: 'Pod', name: 'web' }, message: 'hello', reason: 'Started', type: 'Normal',
      reportingComponent: 'kubelet', reportingInstance: 'node-1', source: { component: 'kubelet' }, firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:01Z', count: 2, eventTime: '2026-01-01T00:00:00.000000Z', series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' },
    });
    const shown = eventsV1EventOf(event);
    expect(shown).toEqual({
      apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'a' }, regarding: { kind: 'Pod', name: 'web' }, note: 'hello', reason: 'Started', type: 'Normal',
      reportingController: 'kubelet', reportingInstance: 'node-1', deprecatedSource: { component: 'kubelet' }, deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2026-01-01T00:00:01Z', deprecatedCount: 2, eventTime: '2026-01-01T00:00:00.000000Z',
      series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' },
    });
    expect(coreEventOf(shown)).toEqual(event);
  });
});

describe('scale', () => {
  const web = object<Deployment>({
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '5', creationTimestamp: '2026-01-01T00:00:00Z', labels: { a: 'b' } },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } } }, status: { replicas: 2 },
  });

  it('shows the replicas of a workload and nothing else of it', () => {
    expect(scaleOf(web)).toEqual({
      kind: 'Scale', apiVersion: 'autoscaling/v1',
      metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '5', creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { replicas: 3 }, status: { replicas: 2, selector: 'app=web' },
    });
    const rc = object<ReplicationController>({ ...web, kind: 'ReplicationController', spec: { replicas: 1, selector: { app: 'web', a: 'b' } } });
    expect(scaleOf(rc).status).toEqual({ replicas: 2, selector: 'a=b,app=web' });
  });

  it('changes the replicas of a workload', () => {
    expect(withReplicas(web, { ...scaleOf(web), spec: { replicas: 5 } }).spec.replicas).toBe(5);
    expect(withReplicas(web, scaleOf(web))).toBe(web);
    expect(texts(validateScale({ ...scaleOf(web), spec: { replicas: -1 } }))).toEqual(['spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
  });
});

describe('requests that are never stored', () => {
  it('say what they ask about', () => {
    expect(texts(subjectAccessReviews.strategy.validateCreate(object({ metadata: { name: 'x' }, spec: {} })))).toEqual([
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      'spec.user: Invalid value: "": at least one of user or group must be specified',
      'metadata: Invalid value: {"name":"x"}: must be empty',
    ]);
    expect(texts(selfSubjectAccessReviews.strategy.validateCreate(object({ metadata: {}, spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } })))).toEqual([]);
    expect(texts(localSubjectAccessReviews.strategy.validateCreate(object({
      metadata: { namespace: 'a' }, spec: { user: 'ann', resourceAttributes: { namespace: 'b' } },
    })))).toEqual(['spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace']);
  });

  it('bind and evict', () => {
    expect(texts(validatePodBinding(object({ metadata: {}, target: { kind: 'Pod' } })))).toEqual([
      'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"', 'target.name: Required value',
    ]);
    expect(texts(validateEviction(object({ metadata: {} })))).toEqual(['metadata.name: Required value: name or generateName is required']);
  });

  it('ask for tokens of an hour, and of ten minutes at least', () => {
    const request = defaultTokenRequest(object({ metadata: {}, spec: { audiences: ['a'] } }));
    expect(request.spec).toEqual({ audiences: ['a'], expirationSeconds: 3600 });
    expect(texts(validateTokenRequest({ ...request, spec: { audiences: [], expirationSeconds: 5 } })))
      .toEqual(['spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes']);
  });
});

describe('the finalize subresource of namespaces', () => {
  it('changes finalizers and keeps the status', () => {
    const old = object<Namespace>({ metadata: { name: 'a' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } });
    const next = object<Namespace>({ metadata: { name: 'a' }, spec: { finalizers: [] }, status: { phase: 'Active' } });
    expect(prepareNamespaceFinalize(next, old)).toEqual({ metadata: { name: 'a' }, spec: { finalizers: [] }, status: { phase: 'Terminating' } });
    expect(namespaces.subresources.map((item) => item.name)).toEqual(['finalize', 'status']);
  });
});

describe('unused parts', () => {
  it('stay out of what a workload is', () => {
    expect(replicationControllers.subresources.map((item) => item.name)).toEqual(['scale', 'status']);
    expect(deployments.subresources.map((item) => `${item.name} ${item.group ?? ''} ${item.kind}`)).toEqual(['scale autoscaling Scale', 'status  Deployment']);
  });
});
