import { describe, expect, it } from 'vitest';
import { type KubernetesObject, pods, quotaEvaluatorOf, type QuotaEvaluator, type ResourceDefinition, type ResourceQuota } from '../../../src/api/index.ts';
import type { AdmissionAttributes } from '../../../src/apiserver/admission/index.ts';
import { checkRequest, type LimitedResource, runningQuota } from '../../../src/apiserver/admission/resource-quota/check.ts';
import { refusal } from '../harness.ts';

const CRITICAL = { scopeName: 'PriorityClass', operator: 'In', values: ['critical', 'urgent'] } as const;
const quota = (name: string, hard: Readonly<Record<string, string>>, more: object = {}): ResourceQuota =>
  ({ metadata: { name }, spec: { hard, ...more }, status: { hard, used: Object.fromEntries(Object.keys(hard).map((key) => [key, '0'])) } }) as unknown as ResourceQuota;

/** Whether a pod may be created where these are limited by default. */
const create = (spec: object, quotas: readonly ResourceQuota[], limited: LimitedResource): Promise<string> => refusal((async () => {
  const attributes = { operation: 'CREATE', definition: pods as unknown as ResourceDefinition, subresource: undefined, namespace: 'a', name: 'p', dryRun: false } as AdmissionAttributes;
  const object = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1', 'example.com/gpu': '2' } } }], ...spec } } as unknown as KubernetesObject;
  return checkRequest(quotas.map(runningQuota), { attributes, evaluator: quotaEvaluatorOf('', 'pods') as QuotaEvaluator, object, old: undefined }, [limited], 0);
})());

describe('resources that are limited where no quota covers them', () => {
  it('can only be used within a quota that counts them', async () => {
    const limited = { group: '', resource: 'pods', matchContains: ['gpu', 'requests.cpu'] };
    expect(await create({}, [], limited)).toBe('403 Forbidden: pods "p" is forbidden: insufficient quota to consume: requests.cpu,requests.example.com/gpu');
    expect(await create({}, [quota('q', { 'requests.cpu': '2' })], limited)).toBe('403 Forbidden: pods "p" is forbidden: insufficient quota to consume: requests.example.com/gpu');
    expect(await create({}, [quota('q', { 'requests.cpu': '2' }), quota('r', { 'requests.example.com/gpu': '2' })], limited)).toBe('was not refused');
    expect(await create({}, [quota('q', { 'requests.cpu': '2' }), quota('r', { 'requests.example.com/gpu': '1' })], limited)).toBe(
      '403 Forbidden: pods "p" is forbidden: exceeded quota: r, requested: requests.example.com/gpu=2, used: requests.example.com/gpu=0, limited: requests.example.com/gpu=1');
    expect(await create({}, [], { group: 'apps', resource: 'deployments', matchContains: ['gpu'] })).toBe('was not refused');
  });

  it('can be those of a scope, such as a priority class', async () => {
    const limited = { group: '', resource: 'pods', matchScopes: [CRITICAL] };
    expect(await create({ priorityClassName: 'urgent' }, [quota('q', { pods: '5' })], limited)).toBe('500 : insufficient quota to match these scopes: [{PriorityClass In [critical urgent]}]');
    expect(await create({ priorityClassName: 'usual' }, [], limited)).toBe('was not refused');
    expect(await create({ priorityClassName: 'urgent' }, [quota('q', { pods: '5' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] } })], limited)).toBe('was not refused');
  });
});
