import { describe, expect, it } from 'vitest';
import { imageCatalog, parseImageReference } from '../../src/containers/index.ts';
import { programs } from '../../src/containers/programs/programs.ts';
import { createLab } from './lab.ts';

describe('image names', () => {
  it('are normalised as Docker does', () => {
    const names = ['nginx', 'nginx:1.27', 'luksa/kubia', 'index.docker.io/nginx', 'localhost/x', 'localhost:5000/a/b:t', 'registry.k8s.io/pause:3.9', `nginx:1.2@sha256:${'a'.repeat(64)}`];
    expect(names.map((name) => parseImageReference(name).name)).toEqual([
      'docker.io/library/nginx:latest', 'docker.io/library/nginx:1.27', 'docker.io/luksa/kubia:latest', 'docker.io/library/nginx:latest', 'localhost/x:latest', 'localhost:5000/a/b:t',
      'registry.k8s.io/pause:3.9', `docker.io/library/nginx@sha256:${'a'.repeat(64)}`,
    ]);
  });

  it('that are no names are refused in the runtime\'s words', () => {
    for (const name of ['', 'Upper', 'a b', 'x:', 'x@sha256:short', '-x', 'a//b', 'x:tag:tag']) {
      expect(() => parseImageReference(name)).toThrow(expect.objectContaining({ code: 'InvalidName' }));
    }
    expect(() => parseImageReference('Nginx')).toThrow('couldn\'t parse image name "Nginx": invalid reference format: repository name (library/Nginx) must be lowercase');
  });
});

describe('the lab\'s registry', () => {
  it('says what it has where an image is unknown, in containerd\'s words', async () => {
    const lab = createLab();
    await expect(lab.images.pullImage('nginx:0.1')).rejects.toThrow(
      'failed to pull and unpack image "docker.io/library/nginx:0.1": failed to resolve reference "docker.io/library/nginx:0.1": docker.io/library/nginx:0.1: not found; this lab\'s registry has: nginx:1, nginx:1-alpine,',
    );
    await expect(lab.images.pullImage('mysql')).rejects.toMatchObject({ code: 'NotFound', message: expect.stringMatching(/not found; this lab's registry has: .*busybox, .*luksa\/kubia, .*nginx/) });
    expect(lab.images.listImages()).toEqual([]);
  });

  it('runs a placeholder for an unknown image where that is asked for, and the log says so', async () => {
    const lab = createLab({ unknownImages: 'placeholder' });
    const { id } = await lab.run({ image: 'mysql:8', command: ['mysqld'] });
    expect(await lab.log(id)).toBe("This is a placeholder. The lab's registry does not have docker.io/library/mysql:8, so nothing of it runs here: the container only waits to be stopped.\n");
    expect(lab.runtime.containerStatus(id)?.state).toBe('running');
  });

  it('takes an image that a user pushes, by name and by digest, and moves the name at the next push', async () => {
    const lab = createLab();
    const push = (text: string) => lab.registry.add({ names: ['me/app:v1'], config: { command: ['/bin/cat', '/hello'] }, layers: [...busybox.layers, { '/hello': text }] });
    const first = push('one\n');
    const run = async (image: string) => {
      const { id } = await lab.run({ image });
      await lab.exit(id);
      return lab.log(id);
    };
    expect(await run('me/app:v1')).toBe('one\n');
    push('two\n');
    expect(await run('me/app:v1')).toBe('two\n');
    expect(await run(`me/app@${first.digest}`)).toBe('one\n');
  });

  it('has images whose commands are all there, and that all start', async () => {
    const lab = createLab();
    const missing = imageCatalog.flatMap((spec) => spec.layers.flatMap((layer) => Object.entries(layer).flatMap(([path, entry]) => (typeof entry === 'object' && 'program' in entry && entry.program !== 'node' && !programs.has(entry.program) ? [path] : []))));
    expect(missing).toEqual([]);
    const runsNode = (name: string) => /^(?:luksa\/kubia|node:)/.test(name);
    for (const name of imageCatalog.map((spec) => spec.names[0] as string).filter((candidate) => !runsNode(candidate))) {
      const { id, sandbox } = await lab.run({ image: name, ...(name.startsWith('hashicorp') ? { args: ['-text=x'] } : {}) });
      expect([name, lab.runtime.containerStatus(id)?.exitCode]).toEqual([name, undefined]);
      await lab.runtime.removePodSandbox(sandbox.id);
    }
  });

  it('serves what tutorials curl', async () => {
    const lab = createLab();
    const client = await lab.run({ image: 'curlimages/curl', command: ['sleep', '1000'] });
    const get = async (image: string, port: number, path = '/', args?: readonly string[]) => {
      const { sandbox } = await lab.run({ image, ...(args === undefined ? {} : { args }) }, { hostname: 'pod-x' });
      return (await lab.exec(client.id, ['curl', '-s', `${sandbox.ip}:${port}${path}`])).stdout;
    };
    expect(await get('httpd', 80)).toBe('<html><body><h1>It works!</h1></body></html>\n');
    expect(await get('hashicorp/http-echo', 5678, '/', ['-text=hello'])).toBe('hello\n');
    expect(await get('gcr.io/google-samples/kubernetes-bootcamp:v2', 8080)).toBe('Hello Kubernetes bootcamp! | Running on: pod-x | v=2\n');
    expect(await get('gcr.io/google-samples/hello-app:1.0', 8080)).toBe('Hello, world!\nVersion: 1.0.0\nHostname: pod-x\n');
    expect(await get('registry.k8s.io/e2e-test-images/agnhost:2.39', 9000, '/hostname', ['netexec', '--http-port=9000'])).toBe('pod-x');
    const pi = await lab.run({ image: 'perl:5.34.0', command: ['perl', '-Mbignum=bpi', '-wle', 'print bpi(20)'] });
    await lab.exit(pi.id);
    expect(await lab.log(pi.id)).toBe('3.1415926535897932385\n');
    const hog = await lab.run({ image: 'polinux/stress', command: ['stress'], args: ['--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1'], memoryLimitBytes: 100 * 1024 * 1024 });
    await lab.exit(hog.id);
    expect(lab.runtime.containerStatus(hog.id)).toMatchObject({ reason: 'OOMKilled' });
  });
});

const busybox = imageCatalog.find((spec) => spec.names.includes('busybox:latest')) as (typeof imageCatalog)[number];
