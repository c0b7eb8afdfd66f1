import { describe, expect, it } from 'vitest';
import { refusal, simplePod, startServer, startServerForPods } from '../harness.ts';

describe('admission of pods', () => {
  it('gives each the token of its service account, its priority, and five minutes on a lost node', async () => {
    const { admin } = await startServerForPods();
    const { spec } = await admin.create('pods', simplePod('a')) as never as { spec: { volumes: { name: string }[]; containers: object[] } };
    const name = spec.volumes[0]?.name ?? '';
    expect(name).toMatch(/^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(spec).toEqual({
      containers: [{
        name: 'c', image: 'nginx:1.27', imagePullPolicy: 'IfNotPresent', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File',
        volumeMounts: [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
      }],
      volumes: [{
        name,
        projected: {
          defaultMode: 420,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
          ],
        },
      }],
      serviceAccountName: 'default', serviceAccount: 'default', priority: 0, preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
      restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', securityContext: {}, schedulerName: 'default-scheduler', enableServiceLinks: true,
    });
  });

  it('needs the service account to be there, and mounts no token where it, or the pod, says so', async () => {
    const { admin, world } = await startServer();
    const refused = refusal(admin.create('pods', simplePod('a')));
    // A new namespace gets its account in a moment.
    await world.clock.advance(2000);
    expect(await refused)
      .toBe('403 Forbidden: pods "a" is forbidden: error looking up service account default/default: serviceaccount "default" not found');
    await admin.create('serviceaccounts', { metadata: { name: 'plain' }, automountServiceAccountToken: false, imagePullSecrets: [{ name: 'registry' }] });
    const pod = (spec: object) => admin.create('pods', { metadata: { generateName: 'p-' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
    const plain = (await pod({ serviceAccountName: 'plain' }))['spec'];
    expect([plain.volumes, plain.serviceAccount, plain.imagePullSecrets]).toEqual([undefined, 'plain', [{ name: 'registry' }]]);
    expect((await pod({ serviceAccountName: 'plain', automountServiceAccountToken: true }))['spec'].volumes).toHaveLength(1);
  });

  it('turns the name of a priority class into its number', async () => {
    const { admin } = await startServerForPods();
    const spec = async (more: object) => (await admin.create('pods', { metadata: { generateName: 'p-' }, spec: { containers: [{ name: 'c', image: 'i' }], ...more } }))['spec'];
    expect((await spec({ priorityClassName: 'system-node-critical' })).priority).toBe(2_000_001_000);
    await admin.create('priorityclasses', { metadata: { name: 'usual' }, value: 7, globalDefault: true, preemptionPolicy: 'Never' });
    expect(await refusal(admin.create('priorityclasses', { metadata: { name: 'other' }, value: 8, globalDefault: true })))
      .toBe('403 Forbidden: priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist');
    const { priority, priorityClassName, preemptionPolicy } = await spec({});
    expect({ priority, priorityClassName, preemptionPolicy }).toEqual({ priority: 7, priorityClassName: 'usual', preemptionPolicy: 'Never' });
    expect(await refusal(spec({ priorityClassName: 'nope' }))).toBe('403 Forbidden: pods "p-" is forbidden: no PriorityClass with name nope was found');
    expect(await refusal(spec({ priority: 9 }))).toBe(
      '403 Forbidden: pods "p-" is forbidden: the integer value of priority (9) must not be provided in pod spec; priority admission controller computed 7 from the given PriorityClass name',
    );
  });

  it('leaves tolerations of its own kind alone', async () => {
    const { admin } = await startServerForPods();
    const tolerations = [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }];
    const pod = await admin.create('pods', { metadata: { name: 'a' }, spec: { tolerations, containers: [{ name: 'c', image: 'i' }] } });
    expect(pod['spec'].tolerations).toEqual([...tolerations, { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }]);
  });
});

describe('admission of nodes', () => {
  it('taints a new node until it is ready', async () => {
    const { admin } = await startServer();
    expect((await admin.create('nodes', { metadata: { name: 'node-1' } }))['spec']).toEqual({ taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] });
  });
});
