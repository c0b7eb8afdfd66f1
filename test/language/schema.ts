import type { FieldType, SchemaField, SchemaSource } from '../../src/language/index.ts';

/** A schema of a few kinds, small enough to read: `!` marks a required field. */
const types: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ObjectMeta: { name: 'string', generateName: 'string', namespace: 'string', labels: 'map string', annotations: 'map string', creationTimestamp: 'time' },
  Pod: { apiVersion: 'string', kind: 'string', metadata: 'ObjectMeta', spec: 'PodSpec', status: 'any' },
  PodSpec: { 'containers!': 'list Container', restartPolicy: 'string Always OnFailure Never', nodeSelector: 'map string', hostNetwork: 'boolean' },
  Container: { 'name!': 'string', image: 'string', command: 'list string', env: 'list EnvVar', ports: 'list ContainerPort', resources: 'Resources', imagePullPolicy: 'string Always IfNotPresent Never' },
  EnvVar: { 'name!': 'string', value: 'string' },
  ContainerPort: { 'containerPort!': 'integer', name: 'string', protocol: 'string TCP UDP SCTP' },
  Resources: { limits: 'map quantity', requests: 'map quantity' },
  Deployment: { apiVersion: 'string', kind: 'string', metadata: 'ObjectMeta', spec: 'DeploymentSpec', status: 'any' },
  DeploymentSpec: { replicas: 'integer', 'selector!': 'LabelSelector', 'template!': 'PodTemplateSpec', paused: 'boolean', strategy: 'Strategy' },
  Strategy: { type: 'string Recreate RollingUpdate', maxSurge: 'intOrString' },
  LabelSelector: { matchLabels: 'map string' },
  PodTemplateSpec: { metadata: 'ObjectMeta', spec: 'PodSpec' },
  ConfigMap: { apiVersion: 'string', kind: 'string', metadata: 'ObjectMeta', data: 'map string', immutable: 'boolean' },
};

export const testSchema: SchemaSource = {
  kinds: [
    { apiVersion: 'v1', kind: 'Pod', type: 'Pod' },
    { apiVersion: 'v1', kind: 'ConfigMap', type: 'ConfigMap' },
    { apiVersion: 'apps/v1', kind: 'Deployment', type: 'Deployment' },
  ],
  type(name) {
    const fields = types[name];
    return fields === undefined ? undefined : { name, fields: new Map(Object.entries(fields).map(([key, text]) => [key.replace('!', ''), parseField(key, text)])) };
  },
  async description(type, field) {
    return `About ${type}${field === undefined ? '' : `.${field}`}.`;
  },
};

function parseField(key: string, text: string): SchemaField {
  const [first = '', ...rest] = text.split(' ');
  const values = first === 'string' && rest.length > 0 ? rest : undefined;
  return { name: key.replace('!', ''), required: key.endsWith('!'), type: parseType(first, rest[0] ?? ''), ...(values === undefined ? {} : { values }) };
}

function parseType(first: string, rest: string): FieldType {
  switch (first) {
    case 'list': return { kind: 'array', items: parseType(rest, '') };
    case 'map': return { kind: 'map', values: parseType(rest, '') };
    case 'string': case 'integer': case 'boolean': case 'quantity': case 'intOrString': case 'time': case 'any': return { kind: first };
    default: return { kind: 'object', type: first };
  }
}
