import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ValidatingAdmissionPolicy } from '../../../src/api/index.ts';
import { typeWarnings } from '../../../src/controllers/validatingadmissionpolicystatus/type-checks.ts';

/** The spec of a policy and what Kubernetes' own type checker has against it; types are numbered 0. */
interface Golden {
  readonly spec: ValidatingAdmissionPolicy['spec'];
  readonly warnings: readonly object[] | null;
}

const goldens = readFileSync(new URL('testdata/type-checks.jsonl', import.meta.url), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Golden);
const SERVED = [
  { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', namespaced: true },
  { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet', namespaced: true },
  { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true },
  { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true },
  { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true },
];

describe('the types of policies', () => {
  it.each(goldens.map((golden) => [golden.spec.validations?.map(({ expression }) => expression).join('; '), golden] as const))('%s', (_title, { spec, warnings }) => {
    const policy = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec } as ValidatingAdmissionPolicy;
    expect(typeWarnings(policy, SERVED, '0')).toEqual(warnings ?? []);
  });
});
