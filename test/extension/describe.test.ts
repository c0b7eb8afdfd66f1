import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/api/index.ts';
import { describeObject, formatAge } from '../../src/extension/describe.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');

describe('the description of an object', () => {
  it('of a pod reads as kubectl describe', () => {
    const pod = {
      apiVersion: 'v1', kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', uid: 'u', labels: { tier: 'front', app: 'web' }, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'r', controller: true }] },
      spec: {
        nodeName: 'node-1', containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80, protocol: 'TCP' }], env: [{ name: 'A', value: '1' }, { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }],
      },
      status: {
        phase: 'Running', hostIP: '172.18.0.2', podIP: '10.244.0.5', podIPs: [{ ip: '10.244.0.5' }], startTime: '2026-01-01T00:00:00Z', qosClass: 'BestEffort',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ name: 'web', image: 'nginx', imageID: 'sha', containerID: 'drydock://1', ready: true, restartCount: 2, state: { running: { startedAt: '2026-01-01T00:00:01Z' } }, lastState: { terminated: { exitCode: 1, reason: 'Error', startedAt: 'x', finishedAt: 'y' } } }],
      },
    } as unknown as KubernetesObject;
    const events = [
      { type: 'Normal', reason: 'Started', message: 'Started container web', count: 1, from: 'kubelet', firstMs: nowMs - 61_000, lastMs: nowMs - 61_000 },
      { type: 'Warning', reason: 'BackOff', message: 'Back-off restarting failed container', count: 4, from: 'kubelet', firstMs: nowMs - 3_600_000, lastMs: nowMs - 5000 },
    ];
    expect(describeObject(pod, events, nowMs)).toBe(`Name:         web
Namespace:    default
Priority:     0
Node:         node-1/172.18.0.2
Start Time:   2026-01-01T00:00:00Z
Labels:       app=web
              tier=front
Annotations:  <none>
Status:       Running
IP:           10.244.0.5
IPs:
  IP:           10.244.0.5
Controlled By:  ReplicaSet/web-1
Containers:
  web:
    Container ID:   drydock://1
    Image:          nginx
    Image ID:       sha
    Port:           80/TCP
    State:          Running
      Started:      2026-01-01T00:00:01Z
    Last State:     Terminated
      Reason:       Error
      Exit Code:    1
      Started:      x
      Finished:     y
    Ready:          True
    Restart Count:  2
    Environment:
      A:     1
      B:     <set to the key 'k' in secret 's'>
    Mounts:  <none>
Conditions:
  Type   Status
  Ready  True
Volumes:
  <none>
QoS Class:       BestEffort
Node-Selectors:  <none>
Tolerations:     <none>
Events:
  Type     Reason   Age               From     Message
  ----     ------   ----              ----     -------
  Normal   Started  61s               kubelet  Started container web
  Warning  BackOff  5s (x4 over 60m)  kubelet  Back-off restarting failed container
`);
  });

  it('of another kind names every field', () => {
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', managedFields: [{}] }, spec: { clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 'http' }], selector: { app: 'web' } } } as unknown as KubernetesObject;
    expect(describeObject(service, [], nowMs)).toBe(`Name:         web
Namespace:    default
Labels:       <none>
Annotations:  <none>
API Version:  v1
Kind:         Service
Metadata:
Spec:
  Cluster IP:  10.96.0.1
  Ports:
    Port:         80
    Target Port:  http
  Selector:
    App:  web
Events:   <none>
`);
  });

  it('of a Secret shows sizes only', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'Opaque', data: { password: Buffer.from('hunter2').toString('base64') } } as unknown as KubernetesObject;
    expect(describeObject(secret, [], nowMs)).toMatch(/Password: +7 bytes\n/);
  });
});

describe('an age', () => {
  it('is short, as kubectl has it', () => {
    expect([5, 119, 125, 600, 9000, 36_000, 200_000, 800_000, 90_000_000].map((seconds) => formatAge(seconds * 1000))).toEqual(['5s', '119s', '2m5s', '10m', '150m', '10h', '2d7h', '9d', '2y311d']);
  });
});
