import type { Container, EnvVarSource, Pod, ResourceFieldSelector, Service } from '../../api/index.ts';
import { quantityMilliValue, quantityValue } from '../../api/index.ts';

/** A container cannot be made from its spec: the message is upstream's, for CreateContainerConfigError. */
export class ContainerConfigError extends Error {}

/** Contents of a ConfigMap or Secret by key, as text. undefined: there is no such object. */
export type DataLookup = (kind: 'ConfigMap' | 'Secret', name: string) => ReadonlyMap<string, string> | undefined;

/** What an environment is made from, besides the pod's spec. */
export interface EnvironmentSources {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  readonly data: DataLookup;
  /** Variables for the Services that the pod may know. */
  readonly serviceVariables: ReadonlyMap<string, string>;
  /** What limits default to. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** A container's environment. Throws ContainerConfigError. Kubernetes: kubelet_pods.go, makeEnvironmentVariables. */
export function buildEnvironment(sources: EnvironmentSources): ReadonlyMap<string, string> {
  const { container, data, serviceVariables } = sources;
  const result = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    const kind = from.configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const reference = from.configMapRef ?? from.secretRef;
    if (reference?.name === undefined) continue;
    const values = data(kind, reference.name);
    if (values === undefined && reference.optional !== true) throw new ContainerConfigError(`${kind.toLowerCase()} "${reference.name}" not found`);
    for (const [key, value] of values ?? []) result.set(`${from.prefix ?? ''}${key}`, value);
  }
  const scope = new Map<string, string>(); // what $(NAME) may refer to, besides Services: earlier entries of env
  for (const variable of container.env ?? []) {
    let value: string | undefined;
    if (variable.valueFrom === undefined) value = expand(variable.value ?? '', (name) => scope.get(name) ?? serviceVariables.get(name));
    else value = valueFrom(variable.valueFrom, sources);
    if (value === undefined) continue; // optional and absent
    scope.set(variable.name, value);
    result.set(variable.name, value);
  }
  for (const [name, value] of serviceVariables) if (!result.has(name)) result.set(name, value);
  return result;
}

function valueFrom(from: EnvVarSource, sources: EnvironmentSources): string | undefined {
  if (from.fieldRef !== undefined) {
    const { fieldPath } = from.fieldRef;
    if (fieldPath === 'status.podIP' || fieldPath === 'status.podIPs') return sources.podIp;
    if (fieldPath === 'status.hostIP' || fieldPath === 'status.hostIPs') return sources.hostIp;
    if (fieldPath === 'spec.nodeName') return sources.nodeName;
    return podField(sources.pod, fieldPath);
  }
  if (from.resourceFieldRef !== undefined) return resourceField(from.resourceFieldRef, sources.pod, sources.container, sources.allocatable);
  const kind = from.configMapKeyRef === undefined ? 'Secret' : 'ConfigMap';
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (reference?.name === undefined) return undefined;
  const values = sources.data(kind, reference.name);
  const value = values?.get(reference.key);
  if (value !== undefined || reference.optional === true) return value;
  throw new ContainerConfigError(values === undefined
    ? `${kind.toLowerCase()} "${reference.name}" not found`
    : `couldn't find key ${reference.key} in ${kind} ${sources.pod.metadata.namespace}/${reference.name}`);
}

/** A field of the pod for the downward API. Throws where the path is none that the API server lets through. Kubernetes: fieldpath.ExtractFieldPathAsString. */
export function podField(pod: Pod, fieldPath: string): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name': return metadata.name;
    case 'metadata.namespace': return metadata.namespace ?? '';
    case 'metadata.uid': return metadata.uid;
    case 'metadata.labels': return formatMap(metadata.labels);
    case 'metadata.annotations': return formatMap(metadata.annotations);
    case 'spec.nodeName': return spec.nodeName ?? '';
    case 'spec.serviceAccountName': return spec.serviceAccountName ?? '';
    default: throw new ContainerConfigError(`unsupported fieldPath: ${fieldPath}`);
  }
}

function formatMap(values: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(values ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
}

/** An amount of a container's resources in units of the divisor, rounded up. Kubernetes: api/v1/resource, ExtractContainerResourceValue. */
export function resourceField(selector: ResourceFieldSelector, pod: Pod, own: Container, allocatable: Readonly<Record<string, string>>): string {
  const container = selector.containerName === undefined || selector.containerName === '' ? own
    : [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((candidate) => candidate.name === selector.containerName) ?? own;
  const [kind = '', resource = ''] = selector.resource.split('.');
  const limits = container.resources?.limits?.[resource];
  const amount = kind === 'limits' ? limits ?? allocatable[resource] : container.resources?.requests?.[resource] ?? limits;
  const divisor = selector.divisor === undefined || selector.divisor === '0' || selector.divisor === '' ? '1' : selector.divisor;
  if (amount === undefined) return '0';
  if (resource === 'cpu') return String(Math.ceil(quantityMilliValue(amount) / quantityMilliValue(divisor)));
  return String(Math.ceil(quantityValue(amount) / quantityValue(divisor)));
}

/** Replaces $(NAME) where the name is known; $$(NAME) stands for the text $(NAME). Kubernetes: third_party/forked/golang/expansion. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => {
    if (match === '$$') return '$';
    return lookup(name ?? '') ?? match;
  });
}

/** Variables for Services with a cluster IP, in the style of Docker links too. Kubernetes: kubelet/envvars, FromServices. */
export function serviceVariables(services: Iterable<Service>): Map<string, string> {
  const result = new Map<string, string>();
  for (const { metadata, spec } of services) {
    const ip = spec.clusterIP;
    const first = spec.ports?.[0];
    if (ip === undefined || ip === '' || ip === 'None' || first === undefined) continue;
    const name = metadata.name.toUpperCase().replaceAll('-', '_');
    result.set(`${name}_SERVICE_HOST`, ip);
    result.set(`${name}_SERVICE_PORT`, String(first.port));
    for (const port of spec.ports ?? []) {
      if (port.name !== undefined && port.name !== '') result.set(`${name}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
    }
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const protocol = port.protocol ?? 'TCP';
      const prefix = `${name}_PORT_${port.port}_${protocol}`;
      const url = `${protocol.toLowerCase()}://${ip}:${port.port}`;
      if (index === 0) result.set(`${name}_PORT`, url);
      result.set(prefix, url);
      result.set(`${prefix}_PROTO`, protocol.toLowerCase());
      result.set(`${prefix}_PORT`, String(port.port));
      result.set(`${prefix}_ADDR`, ip);
    }
  }
  return result;
}
