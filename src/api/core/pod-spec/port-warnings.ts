import type { ContainerPort, PodSpec } from '../../types.ts';

interface PlacedPort {
  readonly path: string;
  readonly port: ContainerPort;
}

/** Ports of a pod that are the same, overlap or share a name. Kubernetes: pkg/api/pod, warningsForPodSpecAndMeta. */
export function portWarnings(spec: PodSpec, at: string, warnings: string[]): void {
  const ports: PlacedPort[] = [];
  for (const list of ['initContainers', 'containers'] as const) {
    spec[list]?.forEach((container, index) => {
      container.ports?.forEach((port, portIndex) => ports.push({ path: `${at}.${list}[${index}].ports[${portIndex}]`, port }));
    });
  }
  if (ports.length === 0) return;
  for (const { path, port } of ports) {
    if (port.hostIP && !port.hostPort) warnings.push(`${path}: hostIP set without hostPort: ${goText(port)}`);
  }
  if (ports.length < 2) return;
  ports.forEach((placed, index) => {
    for (const other of ports.slice(0, index)) {
      if (other.port.containerPort !== placed.port.containerPort || other.port.protocol !== placed.port.protocol) continue;
      const problem = overlapText(placed.port, other.port);
      if (problem !== undefined) warnings.push(`${placed.path}: ${problem} port definition with ${other.path}`);
    }
  });
  const firstOfName = new Map<string, string>();
  for (const { path, port } of ports) {
    if (!port.name) continue;
    const first = firstOfName.get(port.name);
    if (first === undefined) firstOfName.set(port.name, path);
    else warnings.push(`${path}: duplicate port name ${JSON.stringify(port.name)} with ${first}, services and probes that select ports by name will use ${first}`);
  }
}

/** Go's %+v of a port. */
function goText({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

function overlapText(a: ContainerPort, b: ContainerPort): string | undefined {
  const hostPort = a.hostPort ?? 0;
  const otherHostPort = b.hostPort ?? 0;
  const hostIP = a.hostIP ?? '';
  const otherHostIP = b.hostIP ?? '';
  if (hostPort === otherHostPort && hostIP === otherHostIP) return 'duplicate';
  if (hostPort === 0 || otherHostPort === 0) return 'overlapping';
  return hostPort === otherHostPort && (hostIP === '') !== (otherHostIP === '') ? 'dangerously ambiguous' : undefined;
}
