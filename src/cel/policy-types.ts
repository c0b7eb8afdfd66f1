import { type CelType, listType, mapType, objectType, parseType } from './types.ts';
import type { StructType } from './environment.ts';

type Fields = Readonly<Record<string, string>>;

/** What request and namespaceObject are made of. Kubernetes: apiserver/pkg/admission/plugin/cel, BuildRequestType and BuildNamespaceType. */
const STRUCTS: Readonly<Record<string, Fields>> = {
  'kubernetes.GroupVersionKind': { group: 'string', version: 'string', kind: 'string' },
  'kubernetes.GroupVersionResource': { group: 'string', version: 'string', resource: 'string' },
  'kubernetes.UserInfo': { username: 'string', uid: 'string', groups: 'list(string)', extra: 'map(string, list(string))' },
  'kubernetes.AdmissionRequest': {
    kind: 'kubernetes.GroupVersionKind', resource: 'kubernetes.GroupVersionResource', subResource: 'string', requestKind: 'kubernetes.GroupVersionKind',
    requestResource: 'kubernetes.GroupVersionResource', requestSubResource: 'string', name: 'string', namespace: 'string', operation: 'string',
    userInfo: 'kubernetes.UserInfo', dryRun: 'bool', options: 'dyn',
  },
  'kubernetes.NamespaceSpec': { finalizers: 'list(string)' },
  'kubernetes.NamespaceCondition': { status: 'string', type: 'string', lastTransitionTime: 'timestamp', message: 'string', reason: 'string' },
  'kubernetes.NamespaceStatus': { conditions: 'list(kubernetes.NamespaceCondition)', phase: 'string' },
  'kubernetes.NamespaceMetadata': {
    name: 'string', generateName: 'string', namespace: 'string', labels: 'map(string, string)', annotations: 'map(string, string)', UID: 'string',
    creationTimestamp: 'timestamp', deletionGracePeriodSeconds: 'int', deletionTimestamp: 'timestamp', generation: 'int', resourceVersion: 'string',
    finalizers: 'list(string)',
  },
  'kubernetes.Namespace': { metadata: 'kubernetes.NamespaceMetadata', spec: 'kubernetes.NamespaceSpec', status: 'kubernetes.NamespaceStatus' },
};

export const REQUEST = objectType('kubernetes.AdmissionRequest');
export const NAMESPACE = objectType('kubernetes.Namespace');
export const VARIABLES = objectType('kubernetes.variables');
export const AUTHORIZER = objectType('kubernetes.authorization.Authorizer');
export const RESOURCE_CHECK = objectType('kubernetes.authorization.ResourceCheck');

const structs: ReadonlyMap<string, StructType> = new Map(Object.entries(STRUCTS).map(([name, fields]) => {
  const types = new Map(Object.entries(fields).map(([field, text]) => [field, parseType(text)] as const));
  return [name, { field: (field: string) => types.get(field) }] as const;
}));

/** The types with fields that every policy's expressions know. */
export function policyStruct(name: string): StructType | undefined {
  return structs.get(name);
}

/** What a variable's type is to those who use it: only simple types and containers of them are kept. Kubernetes: convertCelTypeToDeclType. */
export function variableType(type: CelType): CelType {
  const [first, second] = type.parameters;
  switch (type.kind) {
    case 'bool':
    case 'bytes':
    case 'double':
    case 'duration':
    case 'int':
    case 'null':
    case 'string':
    case 'timestamp':
    case 'uint':
      return type;
    case 'list':
      return first === undefined ? parseType('dyn') : listType(variableType(first));
    case 'map':
      return first === undefined || second === undefined ? parseType('dyn') : mapType(variableType(first), variableType(second));
    default:
      return parseType('dyn');
  }
}
