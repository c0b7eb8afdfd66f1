import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../../src/base/index.ts';
import {
  builtinResources, configMaps, deployments, pods, replicaSets, secrets, services, type Deployment, type KubernetesObject, type Pod, type ReplicaSet,
} from '../../../src/api/index.ts';

const template = () => ({
  metadata: { labels: { app: 'web' } },
  spec: {
    volumes: [{ name: 'config', configMap: { name: 'web' } }],
    containers: [{
      name: 'app', image: 'nginx:1.27', ports: [{ containerPort: 80, name: 'http' }], env: [{ name: 'A', value: 'b' }, { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } }, volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
      readinessProbe: { httpGet: { path: '/', port: 'http' } }, livenessProbe: { tcpSocket: { port: 80 } },
    }],
  },
});

function storedReplicaSet(): ReplicaSet {
  const body = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', namespace: 'default' }, spec: { selector: { matchLabels: { app: 'web' } }, template: template() } };
  const created = replicaSets.strategy.prepareForCreate(replicaSets.strategy.defaults(body as unknown as ReplicaSet));
  expect(replicaSets.strategy.validateCreate(created)).toEqual([]);
  return deepFreeze(created);
}

function podOf(replicaSet: ReplicaSet, name: string): Pod {
  const { metadata, spec } = replicaSet.spec.template ?? {};
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, namespace: 'default' }, spec } as unknown as Pod;
}

describe('objects share what does not change', () => {
  it('gives an object that has its defaults back as it is', () => {
    const samples: readonly KubernetesObject[] = [
      storedReplicaSet(),
      deployments.strategy.defaults({ metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'web' } }, template: template() } } as unknown as Deployment),
      pods.strategy.defaults({ metadata: { name: 'web' }, spec: template().spec } as unknown as Pod),
      services.strategy.defaults({ metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } } as never),
      secrets.strategy.defaults({ metadata: { name: 'web' }, stringData: { a: 'b' } } as never),
      configMaps.strategy.defaults({ metadata: { name: 'web' } } as never),
    ];
    const definitions = [replicaSets, deployments, pods, services, secrets, configMaps];
    samples.forEach((sample, index) => {
      const copy = structuredClone(sample); // a copy has nothing that was remembered by identity
      const { defaults } = (definitions[index] as (typeof builtinResources)[number]).strategy;
      expect(defaults(sample)).toBe(sample);
      expect(defaults(copy)).toBe(copy);
    });
  });

  it('gives all pods of a template the very same spec', () => {
    const replicaSet = storedReplicaSet();
    const a = pods.strategy.defaults(podOf(replicaSet, 'a'));
    const b = pods.strategy.defaults(podOf(replicaSet, 'b'));
    expect(a.spec).toBe(b.spec);
    expect(a.spec.enableServiceLinks).toBe(true);
    expect(replicaSet.spec.template?.spec?.enableServiceLinks).toBeUndefined();
  });

  it('does not take a spec for valid that may still change', () => {
    const body = { metadata: { name: 'web', namespace: 'default' }, spec: template().spec } as unknown as Pod;
    const pod = pods.strategy.defaults(body);
    expect(pods.strategy.validateCreate(pod)).toEqual([]);
    (pod.spec.containers[0] as { name: string }).name = 'Bad_';
    expect(pods.strategy.validateCreate(pod).map((error) => error.field)).toEqual(['spec.containers[0].name']);
  });

  it('looks at containers again when their volumes have changed', () => {
    const pod = deepFreeze(pods.strategy.defaults(podOf(storedReplicaSet(), 'a')));
    expect(pods.strategy.validateCreate(pod)).toEqual([]);
    const { volumes: _volumes, ...spec } = pod.spec;
    expect(pods.strategy.validateCreate({ ...pod, spec }).map((error) => `${error.type} ${error.field}`)).toEqual(['NotFound spec.containers[0].volumeMounts[0].name']);
  });
});

/** The fastest of some rounds, in microseconds a call: load on the machine only ever adds. */
function microsecondsOf(run: (index: number) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round += 1) {
    const start = performance.now();
    for (let index = 0; index < 500; index += 1) run(index);
    best = Math.min(best, ((performance.now() - start) * 1000) / 500);
  }
  return best;
}

describe('speed', () => {
  it('creates a pod of a shared template in 5 µs', () => {
    const replicaSet = storedReplicaSet();
    const spent = microsecondsOf((index) => {
      const pod = pods.strategy.prepareForCreate(pods.strategy.defaults(podOf(replicaSet, `web-${index}`)));
      if (pods.strategy.validateCreate(pod).length > 0) throw new Error('not valid');
      deepFreeze(pod);
    });
    expect(spent).toBeLessThan(5);
  });

  it('creates a pod that nobody has seen in 20 µs', () => {
    const bodies = Array.from({ length: 500 }, (_, index) => ({ metadata: { name: `web-${index}`, namespace: 'default', labels: { app: 'web' } }, spec: template().spec }) as unknown as Pod);
    const spent = microsecondsOf((index) => {
      const pod = pods.strategy.prepareForCreate(pods.strategy.defaults(bodies[index] as Pod));
      if (pods.strategy.validateCreate(pod).length > 0) throw new Error('not valid');
    });
    expect(spent).toBeLessThan(20);
  });
});
