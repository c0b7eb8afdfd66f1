import { type ByteReader, createBytePipe, decodeText, encodeText } from '../../src/base/index.ts';
import { type ContainerConfig, type Mount, type PodSandboxConfig, type RuntimeOptions, createRegistry, createRuntime, imageCatalog } from '../../src/containers/index.ts';
import { createNetwork } from '../../src/network/index.ts';
import { createRealWorld } from '../../src/world/real/index.ts';
import { createSimulatedWorld } from '../../src/world/simulated/index.ts';
import type { World } from '../../src/world/index.ts';


/** A node with a runtime on the lab's real network, and short ways to do what a kubelet does. */
export function createLab(options: RuntimeOptions & { readonly world?: World } = {}) {
  const world = options.world ?? createRealWorld('/nonexistent');
  const network = createNetwork({ world, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', exposeNodePorts: false });
  const node = network.addNode({ name: 'node-1', internalIp: '172.18.0.2', podCidr: '10.244.1.0/24' });
  const registry = createRegistry(imageCatalog);
  const { runtime, images } = createRuntime({ world, cni: node.cni, nodeName: 'node-1', registry, options });
  let pods = 0;
  return {
    world, network, node, registry, runtime, images,
    /** Runs one container in a pod of its own. */
    async run(config: Partial<ContainerConfig> & { readonly image: string }, pod: Partial<PodSandboxConfig> = {}) {
      pods++;
      await images.pullImage(config.image);
      const sandbox = await runtime.runPodSandbox(podConfig(`pod-${pods}`, pod));
      const id = await runtime.createContainer(sandbox.id, containerConfig(config));
      await runtime.startContainer(id);
      return { id, sandbox };
    },
    /** Runs a command by exec, with everything it prints. */
    async exec(id: string, command: readonly string[], stdin = ''): Promise<{ stdout: string; stderr: string; code: number }> {
      const input = createBytePipe();
      const stdout = createBytePipe();
      const stderr = createBytePipe();
      const texts = Promise.all([readText(stdout.reader), readText(stderr.reader)]);
      if (stdin !== '') void input.writer.write(encodeText(stdin)).catch(() => undefined);
      input.writer.end();
      const code = await runtime.exec(id, command, { stdin: input.reader, stdout: stdout.writer, stderr: stderr.writer, tty: false });
      stdout.writer.end();
      stderr.writer.end();
      const [out, err] = await texts;
      return { stdout: out, stderr: err, code };
    },
    /** Resolves when the container has exited. */
    exit(id: string): Promise<number> {
      return new Promise((resolve) => {
        const check = () => {
          const state = runtime.containerStatus(id);
          if (state?.state === 'exited') resolve(state.exitCode ?? -1);
          return state?.state === 'exited';
        };
        if (check()) return;
        const listening = runtime.onContainerEvent(() => {
          if (check()) listening.dispose();
        });
      });
    },
    log(id: string, read: { readonly timestamps?: boolean; readonly tailLines?: number } = {}): Promise<string> {
      return readText(runtime.readLog(id, { follow: false, timestamps: false, ...read }));
    },
  };
}

export type Lab = ReturnType<typeof createLab>;

/** A lab in simulated time. */
export function createSimulatedLab(options: RuntimeOptions = {}) {
  const world = createSimulatedWorld(1);
  return { ...createLab({ ...options, world }), clock: world.clock };
}

export function podConfig(name: string, more: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  return { namespace: 'default', name, uid: name, hostname: name, hostNetwork: false, labels: {}, dnsSearches: [], hostAliases: [], portMappings: [], ...more };
}

export function containerConfig(more: Partial<ContainerConfig> & { readonly image: string }): ContainerConfig {
  return {
    name: 'main', attempt: 0, environment: {}, mounts: [], stdin: false, stdinOnce: false, tty: false,
    terminationMessagePath: '/dev/termination-log', readOnlyRootFilesystem: false, ...more,
  };
}

export function filesMount(containerPath: string, files: Readonly<Record<string, string>>, more: Partial<Mount> = {}): Mount {
  return { containerPath, readOnly: true, files: new Map(Object.entries(files).map(([path, text]) => [path, encodeText(text)])), ...more };
}

export async function readText(reader: ByteReader): Promise<string> {
  let text = '';
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) text += decodeText(chunk);
  return text;
}

