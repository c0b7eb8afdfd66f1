import type { PodSpec } from '../../src/api/index.ts';
import type { Random } from '../../src/world/index.ts';

const grace = { terminationGracePeriodSeconds: 5 };

/** Pods that run, and pods that do not. */
const TEMPLATES: Readonly<Record<string, PodSpec>> = {
  pause: { ...grace, containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }] },
  nginx: { ...grace, containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 10 } }] },
  sleep: { containers: [{ name: 'c', image: 'busybox', command: ['sleep', '100000'], resources: { requests: { cpu: '50m' } } }] },
  twoContainers: { ...grace, initContainers: [{ name: 'i', image: 'busybox', command: ['true'] }], containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }, { name: 'd', image: 'busybox', command: ['sleep', '100000'] }] },
  failing: { ...grace, containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'exit 3'] }] },
  ending: { ...grace, containers: [{ name: 'c', image: 'busybox', command: ['sleep', '20'] }] },
  unknown: { ...grace, containers: [{ name: 'c', image: 'nosuch/image:1' }] },
};
const GOOD = new Set(['pause', 'nginx', 'sleep', 'twoContainers']);

export const templateNames: readonly string[] = Object.keys(TEMPLATES);

/** The spec of a pod; those that go on for ever come up more often. */
export function pickTemplate(random: Random): readonly [string, PodSpec] {
  const names = random.next() < 0.75 ? [...GOOD] : templateNames;
  const name = names[Math.floor(random.next() * names.length)] as string;
  return [name, TEMPLATES[name] as PodSpec];
}

/** Whether such a pod comes to run and to stay Ready. */
export function isGoodTemplate(spec: PodSpec | undefined): boolean {
  return spec !== undefined && spec.containers.every(({ image = '', command = [] }) => image !== 'nosuch/image:1' && !(image === 'busybox' && (command[0] !== 'sleep' || command[1] === '20')));
}
