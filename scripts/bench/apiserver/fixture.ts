import type { ObjectMeta, Pod } from '../../../src/api/index.ts';
import type { Transport } from '../../../src/client/index.ts';

export const PODS = { group: '', version: 'v1', resource: 'pods', namespace: 'default' } as const;

/** Has its rights through RBAC, unlike system:masters. */
export const CONTROLLER = { name: 'system:serviceaccount:kube-system:statefulset-controller', groups: ['system:serviceaccounts', 'system:authenticated'] } as const;
export const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] } as const;

/** A pod as people write them: one container, a port, requests and limits, a probe, two environment variables. */
export function podBody(name: string): { readonly metadata: Partial<ObjectMeta>; readonly spec: Partial<Pod['spec']> } {
  return {
    metadata: { name, labels: { app: 'web', tier: 'front' } },
    spec: {
      containers: [{
        name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }],
        env: [{ name: 'MODE', value: 'production' }, { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 5 },
      }],
    },
  };
}

/** Pods need the service account of their namespace. */
export async function prepareNamespace(admin: Transport): Promise<void> {
  await admin.request({ ...PODS, resource: 'serviceaccounts', verb: 'create', body: { metadata: { name: 'default' } } });
}

/** Creates pods name-0, name-1, … in batches, as many at once as a store takes well. */
export async function createPods(admin: Transport, name: string, count: number): Promise<void> {
  for (let start = 0; start < count; start += 1000) {
    await Promise.all(Array.from({ length: Math.min(1000, count - start) }, (_, index) => admin.request({ ...PODS, verb: 'create', body: podBody(`${name}-${start + index}`) })));
  }
}

/** The value below which the given share lies; values are sorted in place. */
export function percentile(values: Float64Array, share: number): number {
  values.sort();
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}
