import type { ObjectRef } from '../protocol/index.ts';
import type { ServedResource } from './discovery.ts';

/** What a path of the drydock: file system names. */
export type ObjectPath =
  | { readonly kind: 'root' }
  | { readonly kind: 'namespaces' }
  | { readonly kind: 'scope'; readonly namespace: string | undefined }
  | { readonly kind: 'resource'; readonly namespace: string | undefined; readonly resource: string; readonly group: string }
  | { readonly kind: 'object'; readonly namespace: string | undefined; readonly resource: string; readonly group: string; readonly name: string };

/** /namespaces/default/deployments.apps/web.yaml, /cluster/nodes/node-1.yaml; resources are named as kubectl does. */
export function objectPath(resource: Pick<ServedResource, 'resource' | 'group' | 'namespaced'>, ref: Pick<ObjectRef, 'name' | 'namespace'>): string {
  const scope = resource.namespaced ? `namespaces/${encodeURIComponent(ref.namespace ?? 'default')}` : 'cluster';
  return `/${scope}/${resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`}/${encodeURIComponent(ref.name)}.yaml`;
}

/** undefined for a path that names nothing. */
export function parseObjectPath(path: string): ObjectPath | undefined {
  const parts = path.split('/').filter((part) => part !== '').map(decodeURIComponent);
  if (parts.length === 0) return { kind: 'root' };
  const isCluster = parts[0] === 'cluster';
  if (!isCluster && parts[0] !== 'namespaces') return undefined;
  if (!isCluster && parts.length === 1) return { kind: 'namespaces' };
  const namespace = isCluster ? undefined : parts[1];
  const rest = parts.slice(isCluster ? 1 : 2);
  const [resourceName, file] = rest;
  if (resourceName === undefined) return { kind: 'scope', namespace };
  const dot = resourceName.indexOf('.');
  const resource = dot < 0 ? resourceName : resourceName.slice(0, dot);
  const group = dot < 0 ? '' : resourceName.slice(dot + 1);
  if (file === undefined) return { kind: 'resource', namespace, resource, group };
  if (rest.length > 2 || !file.endsWith('.yaml')) return undefined;
  return { kind: 'object', namespace, resource, group, name: file.slice(0, -'.yaml'.length) };
}
