import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/index.ts';
import type { Transport } from '../../src/client/index.ts';
import { Harness } from './harness.ts';

describe('A pod on its node', () => {
  it('runs, with one status write and the events of its life', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    expect(lab.events('web')).toEqual([
      'Pulling Pulling image "nginx:1.29"',
      'Pulled Successfully pulled image "nginx:1.29" in 0s (0s including waiting). Image size: 1000 bytes.',
      'Created Container created',
      'Started Container started',
    ]);
    expect(lab.statusWrites('web')).toBe(1);
    const time = '2026-01-01T00:00:00Z';
    const yes = (type: string) => ({ type, observedGeneration: 1, status: 'True', lastTransitionTime: time });
    expect(lab.pod('web').status).toEqual({
      observedGeneration: 1, phase: 'Running',
      conditions: [yes('PodReadyToStartContainers'), yes('Initialized'), yes('Ready'), yes('ContainersReady'), yes('PodScheduled')],
      hostIP: '172.18.0.2', hostIPs: [{ ip: '172.18.0.2' }], podIP: '10.244.1.2', podIPs: [{ ip: '10.244.1.2' }], startTime: time,
      containerStatuses: [{
        name: 'c', state: { running: { startedAt: time } }, lastState: {}, ready: true, restartCount: 0,
        image: 'docker.io/library/nginx:1.29', imageID: 'docker.io/library/nginx:1.29@sha256:1', containerID: 'drydock://c-2', started: true,
      }],
      qosClass: 'BestEffort',
    });
  });
});

const failing = (name = 'c') => ({ containers: [{ name, image: 'nginx:1.29', imagePullPolicy: 'IfNotPresent' }] });

describe('Restarts', () => {
  it('come at once, then after 10 s, 20 s, … and are told as CrashLoopBackOff', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', failing());
    const seen: [number, string | undefined][] = [];
    const begunMs = lab.world.clock.nowMs();
    const note = () => seen.push([(lab.world.clock.nowMs() - begunMs) / 1_000, lab.states('web')['c']]);
    for (let crash = 0; crash < 3; crash++) {
      lab.runtime.exit(lab.runtime.idOf('c'), 1);
      await lab.settle();
      note();
      await lab.advance(1_000);
      note();
      await lab.advance(crash === 2 ? 19_000 : crash === 1 ? 9_000 : 0);
    }
    await lab.settle();
    note();
    const waiting = (delay: string) => `waiting CrashLoopBackOff: back-off ${delay} restarting failed container=c pod=web_default(uid-web)`;
    expect(seen).toEqual([
      [0, 'running (1)'], [1, 'running (1)'],
      [1, 'terminated 1 Error (1)'], [2, `${waiting('10s')} (1)`],
      [11, 'terminated 1 Error (2)'], [12, `${waiting('20s')} (2)`],
      [31, 'running (3)'],
    ]);
    expect(lab.events('web').filter((event) => event.startsWith('BackOff'))).toEqual(['BackOff Back-off restarting failed container c in pod web_default(uid-web)']);
    expect(lab.pod('web').status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error', containerID: expect.stringMatching(/^drydock:\/\/c-/) });
  });

  it('forget the back-off after ten minutes of running', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', failing());
    lab.runtime.exit(lab.runtime.idOf('c'), 1);
    await lab.settle();
    await lab.advance(1_300_000);
    lab.runtime.exit(lab.runtime.idOf('c'), 1);
    await lab.settle();
    expect(lab.states('web')).toEqual({ c: 'running (2)' });
  });

  it('follow the policy: Never fails the pod, OnFailure lets a success stand', async () => {
    const lab = await new Harness().start();
    await lab.bind('never', { restartPolicy: 'Never', ...failing('a') });
    await lab.bind('once', { restartPolicy: 'OnFailure', ...failing('b') });
    lab.runtime.exit(lab.runtime.idOf('a'), 3);
    lab.runtime.exit(lab.runtime.idOf('b'), 0);
    await lab.settle();
    expect([lab.pod('never').status?.phase, lab.states('never'), lab.condition('never', 'Ready'), lab.condition('never', 'PodReadyToStartContainers')]).toEqual(['Failed', { a: 'terminated 3 Error' }, 'False PodFailed', 'False']);
    expect([lab.pod('once').status?.phase, lab.states('once'), lab.condition('once', 'Ready'), lab.pod('once').status?.podIP]).toEqual(['Succeeded', { b: 'terminated 0 Completed' }, 'False PodCompleted', '10.244.1.3']);
    expect(lab.runtime.calls.filter((call) => call.startsWith('stopPodSandbox'))).toEqual(['stopPodSandbox never', 'stopPodSandbox once']);
  });

  it('leave lastState 255 Unknown for what ran when the host went away', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', failing());
    const before = lab.pod('web');
    const again = new Harness();
    again.api.put('pods', before);
    await again.start();
    const status = again.pod('web').status?.containerStatuses?.[0];
    expect([again.events('web')[0], again.states('web'), status?.lastState?.terminated, again.pod('web').status?.phase]).toEqual([
      'SandboxChanged Pod sandbox changed, it will be killed and re-created.', { c: 'running (1)' },
      { exitCode: 255, reason: 'Unknown', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z', containerID: 'drydock://c-2' },
      'Running',
    ]);
  });

  it('leave a pod that had ended as it was', async () => {
    const lab = await new Harness().start();
    await lab.bind('never', { restartPolicy: 'Never', ...failing() });
    lab.runtime.exit(lab.runtime.idOf('c'), 0);
    await lab.settle();
    const again = new Harness();
    again.api.put('pods', lab.pod('never'));
    await again.start();
    expect([again.pod('never').status, again.runtime.calls]).toEqual([lab.pod('never').status, []]);
  });
});

describe('Init containers', () => {
  const spec = {
    initContainers: [{ name: 'first', image: 'busybox:1.37' }, { name: 'side', image: 'nginx:1.29', restartPolicy: 'Always' }, { name: 'second', image: 'busybox:1.37' }],
    containers: [{ name: 'c', image: 'nginx:1.29' }],
  };
  it('run one after the other before the main containers, sidecars stay', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', spec);
    const steps = [lab.states('web'), lab.condition('web', 'Initialized')];
    lab.runtime.exit(lab.runtime.idOf('first'), 0);
    await lab.settle();
    steps.push(lab.states('web'), lab.condition('web', 'Initialized'));
    lab.runtime.exit(lab.runtime.idOf('second'), 0);
    await lab.settle();
    steps.push(lab.states('web'), lab.condition('web', 'Initialized'), lab.pod('web').status?.phase);
    const waiting = 'waiting PodInitializing';
    expect(steps).toEqual([
      { first: 'running', side: waiting, second: waiting, c: waiting }, 'False ContainersNotInitialized containers with incomplete status: [first side second]',
      { first: 'terminated 0 Completed', side: 'running', second: 'running', c: waiting }, 'False ContainersNotInitialized containers with incomplete status: [second]',
      { first: 'terminated 0 Completed', side: 'running', second: 'terminated 0 Completed', c: 'running' }, 'True', 'Running',
    ]);
  });

  it('fail the pod with restartPolicy Never and are repeated otherwise', async () => {
    const lab = await new Harness().start();
    await lab.bind('never', { ...spec, restartPolicy: 'Never' });
    lab.runtime.exit(lab.runtime.idOf('first'), 1);
    await lab.settle();
    expect([lab.pod('never').status?.phase, lab.states('never')['first']]).toEqual(['Failed', 'terminated 1 Error']);
    await lab.bind('always', spec);
    lab.runtime.exit(lab.runtime.idOf('first'), 1);
    await lab.settle();
    expect([lab.pod('always').status?.phase, lab.states('always')['first']]).toEqual(['Pending', 'running (1)']);
  });

  it('let a Job with a sidecar complete: the sidecar is stopped after the main container', async () => {
    const lab = await new Harness().start();
    await lab.bind('job', { ...spec, initContainers: [spec.initContainers[1]!], restartPolicy: 'Never' });
    lab.runtime.exit(lab.runtime.idOf('c'), 0);
    await lab.settle();
    expect([lab.pod('job').status?.phase, lab.states('job'), lab.runtime.calls.slice(-2)]).toEqual([
      'Succeeded', { side: 'terminated 143 Error', c: 'terminated 0 Completed' }, ['stop side 30000', 'stopPodSandbox job'],
    ]);
  });
});

describe('Changes while a pod runs', () => {
  it('of its spec add ephemeral containers and are told as observed, with one write each', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    const pod = lab.pod('web');
    lab.api.put('pods', { ...pod, metadata: { ...pod.metadata, generation: 2 }, spec: { ...pod.spec, ephemeralContainers: [{ name: 'debug', image: 'busybox:1.37' }] } } as Pod);
    await lab.settle();
    const status = lab.pod('web').status as { observedGeneration?: number };
    expect([lab.states('web'), status.observedGeneration, lab.statusWrites('web')]).toEqual([{ c: 'running', debug: 'running' }, 2, 2]);
    lab.runtime.exit(lab.runtime.idOf('debug'), 0);
    await lab.settle();
    expect([lab.states('web'), lab.pod('web').status?.phase]).toEqual([{ c: 'running', debug: 'terminated 0 Completed' }, 'Running']);
  });

  it('by others to its conditions are set right; conditions of others stay', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', { readinessGates: [{ conditionType: 'example.com/lb' }] });
    const waiting = lab.condition('web', 'Ready');
    const pod = lab.pod('web');
    const conditions = [{ type: 'example.com/lb', status: 'True' }, ...(pod.status?.conditions ?? []).map((condition) => ({ ...condition, status: condition.type === 'ContainersReady' ? 'Unknown' : condition.status }))];
    lab.api.put('pods', { ...pod, status: { ...pod.status, conditions } } as Pod);
    await lab.settle();
    expect([waiting, lab.condition('web', 'Ready'), lab.condition('web', 'ContainersReady'), lab.condition('web', 'example.com/lb')]).toEqual([
      'False ReadinessGatesNotReady corresponding condition of pod readiness gate "example.com/lb" does not exist.', 'True', 'True', 'True',
    ]);
  });
});

describe('Images', () => {
  it('that cannot be pulled show ErrImagePull, then ImagePullBackOff, and are tried again after 10 s, 20 s, …', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', { containers: [{ name: 'c', image: 'ngixn' }] });
    const error = 'rpc error: code = NotFound desc = failed to pull and unpack image "ngixn": not found';
    const first = lab.states('web')['c'];
    await lab.advance(1_000);
    const second = lab.states('web')['c'];
    lab.runtime.registry.add('ngixn');
    await lab.advance(8_900);
    const third = lab.states('web')['c'];
    await lab.advance(200);
    expect([first, second, third, lab.states('web')['c']]).toEqual([
      `waiting ErrImagePull: ${error}`, `waiting ImagePullBackOff: Back-off pulling image "ngixn": ErrImagePull: ${error}`,
      `waiting ImagePullBackOff: Back-off pulling image "ngixn": ErrImagePull: ${error}`, 'running',
    ]);
    expect(lab.events('web')).toEqual([
      'Pulling Pulling image "ngixn"', `Failed Failed to pull image "ngixn": ${error}`, 'Failed Error: ErrImagePull',
      'BackOff Back-off pulling image "ngixn"', 'Failed Error: ImagePullBackOff',
      'Pulled Successfully pulled image "ngixn" in 0s (0s including waiting). Image size: 1000 bytes.', 'Created Container created', 'Started Container started',
    ]);
  });

  it('follow the pull policy', async () => {
    const lab = await new Harness().start();
    await lab.bind('never', { containers: [{ name: 'c', image: 'nginx:1.29', imagePullPolicy: 'Never' }] });
    await lab.bind('first', { containers: [{ name: 'c', image: 'nginx:1.29', imagePullPolicy: 'IfNotPresent' }] });
    await lab.bind('second', { containers: [{ name: 'c', image: 'nginx:1.29', imagePullPolicy: 'IfNotPresent' }] });
    expect([lab.states('never'), lab.events('never'), lab.events('second')[0]]).toEqual([
      { c: 'waiting ErrImageNeverPull: Container image "nginx:1.29" is not present with pull policy of Never' },
      ['ErrImageNeverPull Container image "nginx:1.29" is not present with pull policy of Never', 'Failed Error: ErrImageNeverPull'],
      'Pulled Container image "nginx:1.29" already present on machine and can be accessed by the pod',
    ]);
  });
});

describe('Deletion', () => {
  it('stops the containers within the grace, writes the last status and deletes the object', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    lab.runtime.stopMs = 5_000;
    await lab.delete('web', 30);
    expect(lab.events('web').at(-1)).toBe('Killing Stopping container c');
    await lab.advance(5_000);
    await lab.settle();
    const last = lab.api.requests.filter((request) => request.resource === 'pods' && (request.subresource === 'status' || request.verb === 'delete'));
    expect(last.map((request) => [request.verb, request.verb === 'delete' ? request.body : (request.body as { status: { phase: string } }).status.phase])).toEqual([
      ['update', 'Running'], ['update', 'Failed'], ['delete', { gracePeriodSeconds: 0, preconditions: { uid: 'uid-web' } }],
    ]);
    expect([lab.find('web'), lab.runtime.calls]).toEqual([undefined, ['runPodSandbox web', 'start c#0', 'stop c 30000', 'stopPodSandbox web', 'removePodSandbox web']]);
    expect([lab.kubelet.podCount, lab.world.clock.pendingCount]).toEqual([0, 2]); // the node's status and its Lease
  });

  it('runs preStop first and takes its time off the grace', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', { containers: [{ name: 'c', image: 'nginx', lifecycle: { preStop: { sleep: { seconds: 4 } } } }] });
    await lab.delete('web', 10);
    await lab.advance(4_000);
    await lab.settle();
    expect(lab.runtime.calls.filter((call) => call.startsWith('stop '))).toEqual(['stop c 6000']);
  });

  it('shortens the grace when somebody deletes again with less', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    lab.runtime.stopMs = 100_000;
    await lab.delete('web', 30);
    await lab.delete('web', 1);
    await lab.advance(1_000);
    await lab.settle();
    expect([lab.find('web'), lab.runtime.calls.filter((call) => call.startsWith('stop '))]).toEqual([undefined, ['stop c 30000', 'stop c 1000']]);
  });

  it('does not wait for an image', async () => {
    const lab = await new Harness().start();
    lab.runtime.pullImage = () => new Promise(() => undefined);
    await lab.bind('web', {});
    await lab.delete('web');
    expect([lab.find('web'), lab.runtime.calls]).toEqual([undefined, ['runPodSandbox web', 'stopPodSandbox web', 'removePodSandbox web']]);
  });

  it('by force still ends what runs', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', {});
    lab.api.remove('pods', 'web', 'default');
    await lab.settle();
    expect(lab.runtime.calls.slice(2)).toEqual(['stop c 30000', 'stopPodSandbox web', 'removePodSandbox web']);
  });

  it('of a finished pod deletes the object', async () => {
    const lab = await new Harness().start();
    await lab.bind('job', { restartPolicy: 'Never' });
    lab.runtime.exit(lab.runtime.idOf('c'), 0);
    await lab.settle();
    await lab.delete('job');
    expect([lab.find('job'), lab.runtime.calls.at(-1)]).toEqual([undefined, 'removePodSandbox job']);
  });
});

describe('Configuration', () => {
  const configMap = (data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'default' }, type: 'Opaque', data: { password: btoa('s3cret') } };
  const volumes = [
    { name: 'config', configMap: { name: 'settings' } },
    { name: 'all', projected: { sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }, { secret: { name: 'keys', items: [{ key: 'password', path: 'pw' }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    ] } },
    { name: 'shared', emptyDir: {} },
  ];
  const texts = (files: ReadonlyMap<string, Uint8Array> | undefined) => Object.fromEntries([...files ?? []].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));

  it('reaches the environment and the files, and changes reach the files', async () => {
    const lab = await new Harness().start();
    lab.api.put('configmaps', configMap({ color: 'blue', greeting: 'hello $(HOME)' }));
    lab.api.put('secrets', secret);
    lab.api.put('services', { metadata: { name: 'kubernetes', namespace: 'default' }, spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] } } as never);
    lab.api.put('services', { metadata: { name: 'my-db', namespace: 'default' }, spec: { clusterIP: '10.96.0.5', ports: [{ port: 5432, protocol: 'TCP' }] } } as never);
    await lab.settle();
    await lab.bind('web', {
      volumes, serviceAccountName: 'default',
      containers: [{
        name: 'c', image: 'nginx:1.29', command: ['run', '$(COLOR)', '$$(COLOR)', '$(NOPE)'],
        resources: { limits: { cpu: '1500m', memory: '64Mi' } },
        envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }, { secretRef: { name: 'absent', optional: true } }],
        env: [
          { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } }, { name: 'TEXT', value: 'sky is $(COLOR)' },
          { name: 'PW', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } }, { name: 'NONE', valueFrom: { secretKeyRef: { name: 'keys', key: 'none', optional: true } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }, { name: 'MIB', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        ],
        volumeMounts: [{ name: 'config', mountPath: '/etc/config' }, { name: 'all', mountPath: '/all' }, { name: 'shared', mountPath: '/shared' }, { name: 'config', mountPath: '/one', subPath: 'color' }],
      }],
    }, { labels: { app: 'shop' } });
    const config = lab.runtime.containers.get(lab.runtime.idOf('c'))!.config;
    expect({ ...config.environment }).toEqual({
      CFG_color: 'blue', CFG_greeting: 'hello $(HOME)', COLOR: 'blue', TEXT: 'sky is blue', PW: 's3cret', IP: '10.244.1.2', APP: 'shop', CPU: '2', MIB: '64',
      KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443', KUBERNETES_SERVICE_PORT_HTTPS: '443', KUBERNETES_PORT: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443', KUBERNETES_PORT_443_TCP_PROTO: 'tcp', KUBERNETES_PORT_443_TCP_PORT: '443', KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
      MY_DB_SERVICE_HOST: '10.96.0.5', MY_DB_SERVICE_PORT: '5432', MY_DB_PORT: 'tcp://10.96.0.5:5432',
      MY_DB_PORT_5432_TCP: 'tcp://10.96.0.5:5432', MY_DB_PORT_5432_TCP_PROTO: 'tcp', MY_DB_PORT_5432_TCP_PORT: '5432', MY_DB_PORT_5432_TCP_ADDR: '10.96.0.5',
    });
    expect(config.command).toEqual(['run', 'blue', '$(COLOR)', '$(NOPE)']);
    const [etc, all, shared, one] = config.mounts;
    expect([texts(etc?.files), texts(all?.files), shared?.sharedFolder, etc?.readOnly, one?.subPath]).toEqual([
      { color: 'blue', greeting: 'hello $(HOME)' }, { token: 'token-1', pw: 's3cret', labels: 'app="shop"' }, 'shared', true, 'color',
    ]);

    lab.api.put('configmaps', configMap({ color: 'red' }));
    const pod = lab.pod('web');
    lab.api.put('pods', { ...pod, metadata: { ...pod.metadata, labels: { app: 'store' } } });
    await lab.settle();
    await lab.advance(3_600_000);
    expect([texts(etc?.files), texts(all?.files), texts(one?.files)['color']]).toEqual([{ color: 'red' }, { token: 'token-2', pw: 's3cret', labels: 'app="store"' }, 'blue']);
  });

  it('that is missing from the environment is CreateContainerConfigError', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', { containers: [{ name: 'c', image: 'nginx:1.29', envFrom: [{ configMapRef: { name: 'settings' } }] }] });
    await lab.bind('key', { containers: [{ name: 'c', image: 'nginx:1.29', env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'other', key: 'a' } } }] }] });
    expect([lab.states('web'), lab.events('web').at(-1), lab.states('key')]).toEqual([
      { c: 'waiting CreateContainerConfigError: configmap "settings" not found' }, 'Failed Error: configmap "settings" not found',
      { c: 'waiting CreateContainerConfigError: configmap "other" not found' },
    ]);
    lab.api.put('configmaps', configMap({ a: '1' }));
    await lab.advance(10_000);
    await lab.settle();
    expect(lab.states('web')).toEqual({ c: 'running' });
  });

  it('that is missing from a volume is FailedMount, and the pod waits', async () => {
    const lab = await new Harness().start();
    await lab.bind('web', { volumes: volumes.slice(0, 1) });
    await lab.bind('disk', { volumes: [{ name: 'data', hostPath: { path: '/data' } }] });
    expect([lab.states('web'), lab.events('web'), lab.events('disk')]).toEqual([
      { c: 'waiting ContainerCreating' }, ['FailedMount MountVolume.SetUp failed for volume "config" : configmap "settings" not found'],
      ['FailedMount MountVolume.SetUp failed for volume "data" : volumes of kind hostPath are not available in this lab yet'],
    ]);
    lab.api.put('configmaps', configMap({ a: '1' }));
    await lab.advance(500);
    await lab.settle();
    expect(lab.states('web')).toEqual({ c: 'running' });
  });
});

describe('Probes', () => {
  it('of readiness decide whether a pod is ready', async () => {
    const lab = await new Harness().start();
    lab.runtime.execExitCode = 1;
    lab.runtime.execOutput = 'cat: /tmp/ready: No such file';
    await lab.bind('web', { containers: [{ name: 'c', image: 'nginx:1.29', readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, periodSeconds: 5 } }] });
    expect([lab.condition('web', 'Ready'), lab.events('web').at(-1)]).toEqual(['False ContainersNotReady containers with unready status: [c]', 'Unhealthy Readiness probe failed: cat: /tmp/ready: No such file']);
    lab.runtime.execExitCode = 0;
    await lab.advance(5_000);
    await lab.settle();
    expect(lab.condition('web', 'Ready')).toBe('True');
    lab.runtime.execExitCode = 1;
    await lab.advance(10_000);
    await lab.settle();
    expect(lab.condition('web', 'Ready')).toBe('True');
    await lab.advance(5_000);
    await lab.settle();
    expect([lab.condition('web', 'Ready'), lab.pod('web').status?.phase]).toEqual(['False ContainersNotReady containers with unready status: [c]', 'Running']);
  });

  it('of liveness restart the container, once the startup probe has succeeded', async () => {
    const lab = await new Harness().start();
    const http = { httpGet: { path: '/healthz', port: 8080 } };
    await lab.bind('web', { containers: [{
      name: 'c', image: 'nginx:1.29', startupProbe: { exec: { command: ['true'] }, periodSeconds: 1 }, livenessProbe: { ...http, periodSeconds: 2, failureThreshold: 2 },
    }] });
    await lab.advance(2_000);
    await lab.settle();
    expect(lab.states('web')).toEqual({ c: 'running (1)' });
    expect(lab.events('web').slice(4, 7)).toEqual([
      'Unhealthy Liveness probe failed: Get "http://10.244.1.2:8080/healthz": dial tcp 10.244.1.2:8080: connect: connection refused',
      'Killing Container c failed liveness probe, will be restarted',
      'Pulled Container image "nginx:1.29" already present on machine and can be accessed by the pod',
    ]);
  });

  it('that time out say so', async () => {
    const lab = await new Harness().start();
    lab.dialer = { dial: () => new Promise(() => undefined) };
    await lab.bind('web', { containers: [{ name: 'c', image: 'nginx:1.29', readinessProbe: { httpGet: { path: 'ready', port: 80 } }, livenessProbe: { tcpSocket: { port: 80 } } }] });
    await lab.advance(1_000);
    expect(lab.events('web').slice(-2)).toEqual([
      'Unhealthy Liveness probe failed: dial tcp 10.244.1.2:80: i/o timeout',
      'Unhealthy Readiness probe failed: Get "http://10.244.1.2:80/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ]);
  });
});

describe('Hooks, deadlines and room', () => {
  it('a postStart hook that fails ends the container', async () => {
    const lab = await new Harness().start();
    lab.runtime.execExitCode = 1;
    await lab.bind('web', { containers: [{ name: 'c', image: 'nginx:1.29', lifecycle: { postStart: { exec: { command: ['no'] } } } }] });
    expect(lab.events('web').slice(3, 6)).toEqual(['Started Container started', 'FailedPostStartHook PostStartHook failed', 'Killing FailedPostStartHook']);
    expect(lab.states('web')['c']).toMatch(/^waiting PostStartHookError: Exec lifecycle hook \(\["no"\]\)/);
  });

  it('a container that cannot start is RunContainerError, then backs off', async () => {
    const lab = await new Harness().start();
    lab.runtime.startError = 'failed to create containerd task: exec: "nope": executable file not found in $PATH';
    await lab.bind('web', {});
    expect([lab.states('web'), lab.pod('web').status?.containerStatuses?.[0]?.lastState?.terminated?.reason]).toEqual([
      { c: `waiting RunContainerError: ${lab.runtime.startError} (1)` }, 'StartError',
    ]);
    await lab.advance(1_000);
    await lab.settle();
    expect(lab.states('web')['c']).toBe('waiting CrashLoopBackOff: back-off 10s restarting failed container=c pod=web_default(uid-web) (1)');
  });

  it('activeDeadlineSeconds fails the pod', async () => {
    const lab = await new Harness().start();
    await lab.bind('job', { activeDeadlineSeconds: 60, restartPolicy: 'Never' });
    await lab.advance(60_000);
    await lab.settle();
    const { phase, reason, message } = lab.pod('job').status ?? {};
    expect([phase, reason, message, lab.events('job').slice(-2)]).toEqual([
      'Failed', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline',
      ['DeadlineExceeded Pod was active on the node longer than the specified deadline', 'Killing Stopping container c'],
    ]);
  });

  it('a node that is full turns pods away', async () => {
    const lab = await new Harness().start({ node: { name: 'node-1', internalIp: '172.18.0.2', podCidr: '10.244.1.0/24', cpu: 1, memoryBytes: 1024 ** 3, maxPods: 1 } });
    await lab.bind('one', {});
    await lab.bind('two', {});
    const { phase, reason, message } = lab.pod('two').status ?? {};
    expect([phase, reason, message]).toEqual(['Failed', 'OutOfpods', 'Pod was rejected: Node didn\'t have enough resource: pods, requested: 1, used: 1, capacity: 1']);
    await lab.delete('one', 0);
    await lab.bind('three', {});
    expect(lab.pod('three').status?.phase).toBe('Running');
  });
});

describe('A write that fails', () => {
  it('because of a conflict is made again on the newest pod', async () => {
    const lab = await new Harness().start();
    let conflicts = 0;
    lab.api.intercept = (request) => {
      if (request.subresource !== 'status' || request.resource !== 'pods' || conflicts++ > 0) return;
      const pod = lab.pod('web');
      lab.api.put('pods', { ...pod, metadata: { ...pod.metadata, annotations: { touched: 'yes' } } });
    };
    await lab.bind('web', {});
    await lab.settle();
    expect([lab.pod('web').status?.phase, lab.pod('web').metadata.annotations, lab.statusWrites('web')]).toEqual(['Running', { touched: 'yes' }, 2]);
  });
});

describe('A kubelet that is switched off', () => {
  it('leaves no timer, even where a write failed and waits to be made again', async () => {
    const lab = new Harness();
    const transport = lab.api as Transport;
    await lab.start({ transport: { watch: (request, sink) => transport.watch(request, sink), request: (request) => (
      request.resource === 'pods' && request.subresource === 'status' ? Promise.reject(new Error('no route to host')) : transport.request(request)) } });
    await lab.bind('web', {});
    await lab.kubelet.powerOff();
    await lab.settle();
    expect(lab.world.clock.pendingCount).toBe(0);
  });
});

describe('Logs and streams', () => {
  const name = { namespace: 'default', name: 'web' };
  const text = async (lab: Harness, container: string, previous = false) => {
    try {
      const reader = await lab.kubelet.connection.readLog(name, container, { previous });
      return new TextDecoder().decode(await reader.read());
    } catch (error) {
      return (error as Error).message;
    }
  };
  it('answer for the newest and the previous container, with upstream’s refusals', async () => {
    const lab = await new Harness().start();
    lab.runtime.registry.delete('nginx:1.29');
    await lab.bind('web', { containers: [{ name: 'c', image: 'nginx:1.29' }] });
    const refusals = [await text(lab, 'c'), await text(lab, 'c', true), await text(lab, 'nope')];
    await lab.advance(1_000);
    refusals.push(await text(lab, 'c'));
    expect(refusals).toEqual([
      'container "c" in pod "web" is waiting to start: image can\'t be pulled', 'previous terminated container "c" in pod "web" not found',
      'container "nope" in pod "web" is not available', 'container "c" in pod "web" is waiting to start: trying and failing to pull image',
    ]);
    lab.runtime.registry.add('nginx:1.29');
    await lab.advance(10_000);
    const first = lab.runtime.idOf('c');
    lab.runtime.exit(first, 1);
    await lab.settle();
    const second = lab.runtime.idOf('c');
    expect([await text(lab, 'c'), await text(lab, 'c', true)]).toEqual([`log of ${second}\n`, `log of ${first}\n`]);
    lab.runtime.exit(second, 1);
    await lab.settle();
    await lab.advance(1_000);
    expect([await text(lab, 'c'), await text(lab, 'c', true)]).toEqual([`log of ${second}\n`, `log of ${second}\n`]);
  });

  it('exec answers the exit code, and like attach refuses a container that does not run', async () => {
    const lab = await new Harness().start();
    lab.runtime.execExitCode = 7;
    await lab.bind('web', { restartPolicy: 'Never' });
    expect(await lab.kubelet.connection.exec(name, 'c', ['false'], { tty: false })).toEqual({ exitCode: 7 });
    lab.runtime.exit(lab.runtime.idOf('c'), 0);
    await lab.settle();
    await expect(lab.kubelet.connection.exec(name, 'c', ['false'], { tty: false })).rejects.toThrow('container not found ("c")');
    await expect(lab.kubelet.connection.attach(name, 'c', { tty: false })).rejects.toThrow(`container c not found in pod web_${name.namespace}`);
  });
});
