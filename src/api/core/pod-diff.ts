import type { PodSpec } from '../types.ts';
import { sameValue } from './equality.ts';

/** Go's names where they are more than a capital letter. */
const goNames = new Map([
  ['dnsPolicy', 'DNSPolicy'], ['dnsConfig', 'DNSConfig'], ['os', 'OS'], ['serviceAccount', 'DeprecatedServiceAccount'], ['tty', 'TTY'],
  ['tcpSocket', 'TCPSocket'], ['httpGet', 'HTTPGet'], ['grpc', 'GRPC'], ['httpHeaders', 'HTTPHeaders'], ['hostIP', 'HostIP'],
]);

/** The order of fields in Go's PodSpec and Container; fields that are not named come last. */
const fieldOrder = [
  'name', 'image', 'command', 'args', 'workingDir', 'ports', 'envFrom', 'env', 'resources', 'volumeMounts', 'livenessProbe', 'readinessProbe',
  'startupProbe', 'lifecycle', 'volumes', 'initContainers', 'containers', 'ephemeralContainers', 'restartPolicy', 'terminationGracePeriodSeconds',
  'activeDeadlineSeconds', 'dnsPolicy', 'nodeSelector', 'serviceAccountName', 'automountServiceAccountToken', 'nodeName', 'securityContext',
  'imagePullSecrets', 'hostname', 'subdomain', 'affinity', 'schedulerName', 'tolerations', 'hostAliases', 'priorityClassName', 'priority',
];
const goTypes = new Map([['containers', '[]core.Container'], ['initContainers', '[]core.Container'], ['volumes', '[]core.Volume']]);

/** Removed and added fields of a pod's spec, in the manner of upstream's cmp.Diff: an error's text for people. */
export function podSpecDiff(old: PodSpec, next: PodSpec): string {
  const lines = ['  core.PodSpec{'];
  diffFields(old as unknown as Fields, next as unknown as Fields, 1, lines);
  lines.push('  }', '');
  return lines.join('\n');
}

type Fields = Readonly<Record<string, unknown>>;

function diffFields(old: Fields, next: Fields, depth: number, lines: string[]): void {
  let sameCount = 0;
  const flush = () => {
    if (sameCount > 0) lines.push(indent(' ', depth, `... // ${sameCount} identical field${sameCount === 1 ? '' : 's'}`));
    sameCount = 0;
  };
  for (const name of sortedNames(old, next)) {
    const before = old[name];
    const after = next[name];
    if (sameValue(before, after)) {
      sameCount += 1;
      continue;
    }
    flush();
    if (isListOfObjects(before) && isListOfObjects(after) && before.length === after.length) {
      lines.push(indent(' ', depth, `${goName(name)}: ${goTypes.get(name) ?? '[]'}{`));
      diffItems(before, after, depth + 1, lines);
      lines.push(indent(' ', depth, '},'));
      continue;
    }
    lines.push(indent('-', depth, `${goName(name)}: ${goValue(before, after)},`), indent('+', depth, `${goName(name)}: ${goValue(after, before)},`));
  }
  flush();
}

function diffItems(before: readonly Fields[], after: readonly Fields[], depth: number, lines: string[]): void {
  before.forEach((item, index) => {
    const other = after[index] as Fields;
    if (sameValue(item, other)) {
      lines.push(indent(' ', depth, `{Name: ${JSON.stringify(item['name'])}, ...},`));
      return;
    }
    lines.push(indent(' ', depth, '{'));
    diffFields(item, other, depth + 1, lines);
    lines.push(indent(' ', depth, '},'));
  });
}

function indent(sign: ' ' | '-' | '+', depth: number, text: string): string {
  return `${sign} ${'\t'.repeat(depth)}${text}`;
}

function sortedNames(old: Fields, next: Fields): readonly string[] {
  const rank = (name: string) => (fieldOrder.includes(name) ? fieldOrder.indexOf(name) : fieldOrder.length);
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].sort((a, b) => rank(a) - rank(b));
}

function goName(name: string): string {
  return goNames.get(name) ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function isListOfObjects(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'object' && item !== null);
}

/** A value in Go's notation as far as JSON tells it; other is the value on the other side, which tells the type of what is unset. */
function goValue(value: unknown, other: unknown): string {
  if (value === undefined || value === null) return typeof other === 'string' ? '""' : 'nil';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return `[]string{${value.map((item) => JSON.stringify(item)).join(', ')}}`;
  if (typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((item) => typeof item === 'string')) {
    return `map[string]string{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`).join(', ')}}`;
  }
  return typeof value === 'number' ? `&${value}` : JSON.stringify(value);
}
