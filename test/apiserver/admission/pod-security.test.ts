import { describe, expect, it } from 'vitest';
import { type KubernetesObject, pods, type ResourceDefinition, namespaces } from '../../../src/api/index.ts';
import type { AdmissionAttributes } from '../../../src/apiserver/admission/index.ts';
import { LATEST } from '../../../src/apiserver/admission/pod-security/policy.ts';
import { podSecurity } from '../../../src/apiserver/admission/pod-security/pod-security.ts';
import type { ResourceCache } from '../../../src/apiserver/watchcache/index.ts';
import { createSimulatedWorld } from '../../../src/world/simulated/index.ts';
import { refusal } from '../harness.ts';

const PREFIX = 'pod-security.kubernetes.io/';
const PRIVILEGED = { level: 'privileged', minor: LATEST } as const;

/** The plugin over one namespace with these labels (without the prefix); what it warned and noted for the audit. */
function setUp(labels: Readonly<Record<string, string>>) {
  const prefixed = Object.freeze(Object.fromEntries(Object.entries(labels).map(([name, value]) => [PREFIX + name, value])));
  const namespace = { metadata: { name: 'shop', labels: prefixed } } as unknown as KubernetesObject;
  const cache = { objects: { get: () => ({ object: namespace }), list: () => [] } } as unknown as ResourceCache;
  const plugin = podSecurity({ namespaces: cache, pods: cache, clock: createSimulatedWorld(1).clock }, {
    defaults: { enforce: PRIVILEGED, audit: { level: 'baseline', minor: 24 }, warn: PRIVILEGED },
    exemptions: { namespaces: ['kube-system'], usernames: ['boss'], runtimeClasses: ['vm'] },
  });
  const warnings: string[] = [];
  const notes: Record<string, string> = {};
  const attributes = (definition: unknown, more: Partial<AdmissionAttributes>): AdmissionAttributes => ({
    user: { name: 'alice', groups: [] }, operation: 'CREATE', definition: definition as ResourceDefinition, subresource: undefined, namespace: 'shop', name: 'p', dryRun: false,
    request: { verb: 'create', group: '', version: 'v1', resource: 'pods' }, warn: (text) => warnings.push(text), annotate: (key, value) => { notes[key.replace(PREFIX, '')] = value; }, ...more,
  } as AdmissionAttributes);
  const validate = async (what: AdmissionAttributes, object: object) => plugin.validate?.(what, object as KubernetesObject, undefined);
  return {
    warnings, notes, namespace,
    pod: (spec: object, more: Partial<AdmissionAttributes> = {}) => refusal(validate(attributes(pods, more), { metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }], ...spec } })),
    createNamespace: (name: string) => refusal(validate(attributes(namespaces, { name, namespace: name }), { ...namespace, metadata: { ...namespace.metadata, name } })),
  };
}

describe('PodSecurity', () => {
  it('notes for the audit what it enforced and what would have been against the level that is only recorded', async () => {
    const { pod, notes, warnings } = setUp({ enforce: 'privileged' });
    expect(await pod({ hostPID: true })).toBe('was not refused');
    expect([notes, warnings]).toEqual([{
      'enforce-policy': 'privileged:latest', 'audit-violations': 'would violate PodSecurity "baseline:v1.24": host namespaces (hostPID=true)',
    }, []]);
  });

  it('notes everything of a pod that it refuses', async () => {
    const { pod, notes, warnings } = setUp({ enforce: 'baseline', 'enforce-version': 'v1.20' });
    expect(await pod({ hostPID: true })).toBe('403 Forbidden: pods "p" is forbidden: violates PodSecurity "baseline:v1.20": host namespaces (hostPID=true)');
    expect([notes, warnings]).toEqual([{
      'enforce-policy': 'baseline:v1.20', 'audit-violations': 'would violate PodSecurity "baseline:v1.24": host namespaces (hostPID=true)',
    }, []]);
  });

  it('enforces the strictest level where labels cannot be read, and says so', async () => {
    const { pod, notes } = setUp({ enforce: 'odd', audit: 'odd', 'warn-version': 'v2' });
    expect(await pod({})).toMatch(/^403 Forbidden: pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false/);
    expect(notes).toEqual({
      error: 'Failed to parse policy: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "odd": must be one of privileged, baseline, restricted, '
        + 'metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: "odd": must be one of privileged, baseline, restricted, '
        + 'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v2": must be "latest" or "v1.x"]',
      'enforce-policy': 'restricted:latest',
    });
  });

  it('lets exempt users, namespaces and runtime classes do what they want, and notes why', async () => {
    const { pod, notes, createNamespace, warnings } = setUp({ enforce: 'restricted', audit: 'baseline', 'audit-version': 'v1.30' });
    const answers: unknown[] = [];
    for (const [spec, more] of [[{}, { user: { name: 'boss', groups: [] } }], [{}, { namespace: 'kube-system' }], [{ runtimeClassName: 'vm' }, {}]] as const) {
      answers.push([await pod({ hostPID: true, ...spec }, more), notes['exempt']]);
    }
    expect(answers).toEqual([['was not refused', 'user'], ['was not refused', 'namespace'], ['was not refused', 'runtimeClass']]);
    await createNamespace('kube-system');
    expect(warnings).toEqual(['namespace "kube-system" is exempt from Pod Security, and the policy (enforce=restricted:latest, audit=baseline:v1.30) will be ignored']);
  });
});
