import type { Container, ContainerState, ContainerStatus, KubernetesObject, Pod } from '../api/index.ts';

/** An event as `kubectl describe` lists it, whichever API group it came from. */
export interface DescribedEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly from: string;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The text of `kubectl describe` for an object with its events. Kubernetes: kubectl/pkg/describe; other kinds than Pod as its generic describer does. */
export function describeObject(object: KubernetesObject, events: readonly DescribedEvent[], nowMs: number): string {
  const lines = object.kind === 'Pod' ? describePod(object as Pod) : describeAnything(object);
  return `${align([...lines, ...describeEvents(events, nowMs)]).join('\n')}\n`;
}

/** A line of "name: value", to be aligned with its neighbours; a string stands for itself. */
type Line = string | { readonly indent: number; readonly name: string; readonly value: string };

const row = (name: string, value: unknown, indent = 0): Line => ({ indent, name, value: value === undefined || value === null || value === '' ? '<none>' : String(value) });

function describeMetadata(object: KubernetesObject): readonly Line[] {
  const { metadata } = object;
  return [
    row('Name', metadata.name),
    ...(metadata.namespace === undefined ? [] : [row('Namespace', metadata.namespace)]),
  ];
}

function describePod(pod: Pod): readonly Line[] {
  const { metadata, spec, status } = pod;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  return [
    ...describeMetadata(pod),
    row('Priority', spec?.priority ?? 0),
    ...(spec?.serviceAccountName === undefined ? [] : [row('Service Account', spec.serviceAccountName)]),
    row('Node', spec?.nodeName === undefined || spec.nodeName === '' ? undefined : `${spec.nodeName}/${status?.hostIP ?? ''}`),
    ...(status?.startTime === undefined ? [] : [row('Start Time', status.startTime)]),
    ...pairs('Labels', metadata.labels), ...pairs('Annotations', metadata.annotations),
    row('Status', metadata.deletionTimestamp === undefined ? status?.phase : `Terminating (lasts since ${metadata.deletionTimestamp})`),
    ...(status?.reason === undefined ? [] : [row('Reason', status.reason)]),
    ...(status?.message === undefined ? [] : [row('Message', status.message)]),
    row('IP', status?.podIP),
    'IPs:', ...(status?.podIPs?.length ? status.podIPs.map((ip) => row('IP', ip.ip, 2)) : ['  <none>']),
    ...(controller === undefined ? [] : [row('Controlled By', `${controller.kind}/${controller.name}`)]),
    ...(spec?.initContainers?.length ? ['Init Containers:', ...spec.initContainers.flatMap((container) => describeContainer(container, status?.initContainerStatuses))] : []),
    'Containers:', ...(spec?.containers ?? []).flatMap((container) => describeContainer(container, status?.containerStatuses)),
    ...(status?.conditions?.length ? ['Conditions:', ...table(['Type', 'Status'], status.conditions.map((condition) => [condition.type, condition.status]))] : []),
    'Volumes:', ...(spec?.volumes?.length ? spec.volumes.flatMap((volume) => [`  ${volume.name}:`, ...describeFields(withoutName(volume), 4)]) : ['  <none>']),
    row('QoS Class', status?.qosClass),
    ...pairs('Node-Selectors', spec?.nodeSelector),
    ...values('Tolerations', (spec?.tolerations ?? []).map((toleration) => `${toleration.key ?? ''}${toleration.value === undefined ? '' : `=${toleration.value}`}${toleration.effect === undefined ? '' : `:${toleration.effect}`}${toleration.operator === 'Exists' ? ' op=Exists' : ''}${toleration.tolerationSeconds === undefined ? '' : ` for ${toleration.tolerationSeconds}s`}`)),
  ];
}

function describeContainer(container: Container, statuses: readonly ContainerStatus[] | undefined): readonly Line[] {
  const status = statuses?.find((candidate) => candidate.name === container.name);
  const ports = container.ports ?? [];
  return [
    `  ${container.name}:`,
    ...(status?.containerID === undefined ? [] : [row('Container ID', status.containerID, 4)]),
    row('Image', container.image, 4),
    row('Image ID', status?.imageID ?? ' ', 4),
    row(ports.length > 1 ? 'Ports' : 'Port', ports.map((port) => `${port.containerPort}/${port.protocol ?? 'TCP'}`).join(', '), 4),
    ...(container.command === undefined ? [] : ['    Command:', ...container.command.map((word) => `      ${word}`)]),
    ...(container.args === undefined ? [] : ['    Args:', ...container.args.map((word) => `      ${word}`)]),
    ...(status === undefined ? [] : [...describeState('State', status.state), ...(status.lastState === undefined || Object.keys(status.lastState).length === 0 ? [] : describeState('Last State', status.lastState)), row('Ready', status.ready ? 'True' : 'False', 4), row('Restart Count', status.restartCount, 4)]),
    ...(container.resources?.limits === undefined ? [] : ['    Limits:', ...describeFields(container.resources.limits, 6)]),
    ...(container.resources?.requests === undefined ? [] : ['    Requests:', ...describeFields(container.resources.requests, 6)]),
    ...(container.env === undefined ? [row('Environment', undefined, 4)] : ['    Environment:', ...container.env.map((variable) => row(variable.name, variable.value ?? describeSource(variable.valueFrom), 6))]),
    ...(container.volumeMounts === undefined ? [row('Mounts', undefined, 4)] : ['    Mounts:', ...container.volumeMounts.map((mount) => `      ${mount.mountPath} from ${mount.name} (${mount.readOnly === true ? 'ro' : 'rw'})`)]),
  ];
}

function describeSource(source: unknown): string {
  const fields = source as { readonly configMapKeyRef?: { readonly key: string; readonly name?: string }; readonly secretKeyRef?: { readonly key: string; readonly name?: string }; readonly fieldRef?: { readonly fieldPath: string; readonly apiVersion?: string }; readonly resourceFieldRef?: { readonly resource: string } } | undefined;
  if (fields?.configMapKeyRef !== undefined) return `<set to the key '${fields.configMapKeyRef.key}' of config map '${fields.configMapKeyRef.name ?? ''}'>`;
  if (fields?.secretKeyRef !== undefined) return `<set to the key '${fields.secretKeyRef.key}' in secret '${fields.secretKeyRef.name ?? ''}'>`;
  if (fields?.fieldRef !== undefined) return `(${fields.fieldRef.apiVersion ?? 'v1'}:${fields.fieldRef.fieldPath})`;
  return fields?.resourceFieldRef === undefined ? '' : `(${fields.resourceFieldRef.resource})`;
}

function describeState(title: string, state: ContainerState | undefined): readonly Line[] {
  if (state?.running !== undefined) return [row(title, 'Running', 4), row('Started', state.running.startedAt, 6)];
  if (state?.terminated !== undefined) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    return [
      row(title, 'Terminated', 4), ...(reason === undefined ? [] : [row('Reason', reason, 6)]), ...(message === undefined ? [] : [row('Message', message, 6)]),
      row('Exit Code', exitCode, 6), ...(signal === undefined || signal === 0 ? [] : [row('Signal', signal, 6)]), row('Started', startedAt, 6), row('Finished', finishedAt, 6),
    ];
  }
  return [row(title, 'Waiting', 4), ...(state?.waiting?.reason === undefined ? [] : [row('Reason', state.waiting.reason, 6)])];
}

/** Kubernetes: genericDescriber — every field under its name in words; values of Secrets by their size only. */
function describeAnything(object: KubernetesObject): readonly Line[] {
  const { metadata, apiVersion, kind, ...rest } = object;
  const shown = kind === 'Secret' ? { ...rest, data: sizes((rest as { readonly data?: Readonly<Record<string, string>> }).data) } : rest;
  const { annotations: _, labels: __, managedFields: ___, name: ____, namespace: _____, ...metadataRest } = metadata;
  return [
    ...describeMetadata(object), ...pairs('Labels', metadata.labels), ...pairs('Annotations', metadata.annotations),
    row('API Version', apiVersion), row('Kind', kind), 'Metadata:', ...describeFields(metadataRest, 2), ...describeFields(shown, 0),
  ];
}

const sizes = (data: Readonly<Record<string, string>> | undefined) => Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, `${Buffer.from(value, 'base64').length} bytes`]));

function describeFields(fields: object, indent: number): readonly Line[] {
  return Object.entries(fields).flatMap(([key, value]: [string, unknown]): readonly Line[] => {
    const name = indent === 0 || !/[.\-/]/.test(key) ? smartLabel(key) : key;
    if (Array.isArray(value)) {
      if (value.length === 0) return [row(name, undefined, indent)];
      return [`${' '.repeat(indent)}${name}:`, ...value.flatMap((item: unknown) => (typeof item === 'object' && item !== null ? describeFields(item, indent + 2) : [`${' '.repeat(indent + 2)}${String(item)}`]))];
    }
    if (typeof value === 'object' && value !== null) return [`${' '.repeat(indent)}${name}:`, ...describeFields(value, indent + 2)];
    return [row(name, value, indent)];
  });
}

/** containerPort → Container Port. Kubernetes: smartLabelFor. */
function smartLabel(field: string): string {
  const words = field.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(' ');
  return words.map((word) => (/^(api|url|uid|ip|id|os|tls)$/i.test(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1))).join(' ');
}

function withoutName<T extends { readonly name: string }>(value: T): Omit<T, 'name'> {
  const { name: _, ...rest } = value;
  return rest;
}

const pairs = (title: string, map: Readonly<Record<string, string>> | undefined): readonly Line[] => values(title, Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => (title === 'Annotations' ? `${key}: ${value}` : `${key}=${value}`)));

/** A title with values under each other. */
function values(title: string, items: readonly string[]): readonly Line[] {
  if (items.length === 0) return [row(title, undefined)];
  return items.map((item, index) => ({ indent: 0, name: index === 0 ? title : '', value: item }));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all.map((cells) => `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

function describeEvents(events: readonly DescribedEvent[], nowMs: number): readonly Line[] {
  if (events.length === 0) return [row('Events', undefined)];
  const sorted = events.toSorted((a, b) => a.lastMs - b.lastMs);
  const rows = sorted.map((event) => [event.type, event.reason, event.count > 1 ? `${formatAge(nowMs - event.lastMs)} (x${event.count} over ${formatAge(nowMs - event.firstMs)})` : formatAge(nowMs - event.firstMs), event.from, event.message.trim()]);
  return ['Events:', ...table(['Type', 'Reason', 'Age', 'From', 'Message'], [['----', '------', '----', '----', '-------'], ...rows])];
}

/** Kubernetes: duration.HumanDuration. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(seconds / 3600);
  const days = Math.floor(hours / 24);
  const with2 = (big: number, bigUnit: string, small: number, smallUnit: string) => (small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return with2(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return with2(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return with2(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  if (days < 365 * 8) return with2(Math.floor(days / 365), 'y', days % 365, 'd');
  return `${Math.floor(days / 365)}y`;
}

/** Puts the values of neighbouring lines under each other, as kubectl's tab writer does: a line without a value begins anew. */
function align(lines: readonly Line[]): readonly string[] {
  const result: string[] = [];
  for (let start = 0; start < lines.length;) {
    const line = lines[start] as Line;
    if (typeof line === 'string') {
      result.push(line);
      start++;
      continue;
    }
    let end = start;
    while (end < lines.length && typeof lines[end] === 'object') end++;
    const block = (lines.slice(start, end) as readonly Exclude<Line, string>[]).map(({ indent, name, value }) => ({ title: name === '' ? '' : `${' '.repeat(indent)}${name}:`, value }));
    const width = Math.max(...block.map(({ title }) => title.length)) + 2;
    for (const { title, value } of block) {
      const [first = '', ...more] = value.split('\n');
      result.push(`${title.padEnd(width)}${first}`.trimEnd(), ...more.map((text) => `${' '.repeat(width)}${text}`));
    }
    start = end;
  }
  return result;
}
