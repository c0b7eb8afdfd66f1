import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAuditPolicy } from '../../../src/apiserver/audit/index.ts';
import { createEvaluator } from '../../../src/apiserver/audit/policy.ts';

interface Verdict {
  readonly policy: string;
  /** What k8s.io/apiserver/pkg/audit/policy says of it. */
  readonly error: string;
}

const verdicts = readFileSync(path.join(import.meta.dirname, 'testdata', 'policies.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Verdict);

function errorOf(policy: string): string {
  try {
    parseAuditPolicy(policy);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('an audit policy', () => {
  it.each(verdicts)('$policy is read or refused as upstream reads it', ({ policy, error }) => {
    expect(errorOf(policy)).toBe(error);
  });

  it('with a field that nobody knows works without it, and says so', () => {
    const told: string[] = [];
    const policy = parseAuditPolicy('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  user: x\n', (text) => told.push(text));
    expect([policy, told]).toEqual([
      { rules: [{ level: 'Metadata' }] },
      ['Audit policy contains errors, falling back to lenient decoding: strict decoding error: unknown field "rules[0].user"'],
    ]);
  });

  it('decides by its first rule that matches', () => {
    const evaluate = createEvaluator({
      omitStages: ['RequestReceived'],
      rules: [
        { level: 'None', users: ['system:kube-proxy'], verbs: ['watch'], resources: [{ group: '', resources: ['endpoints', 'services'] }] },
        { level: 'None', userGroups: ['system:authenticated'], nonResourceURLs: ['/api*', '/version'] },
        { level: 'Request', resources: [{ group: '', resources: ['configmaps'], resourceNames: ['leader'] }], namespaces: ['kube-system'], omitStages: ['ResponseStarted'] },
        { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'pods/*', '*/scale'] }], omitManagedFields: true },
        { level: 'RequestResponse', resources: [{ group: 'apps' }, { group: '*', resources: ['nodes'] }] },
      ],
    });
    const ask = (user: string, verb: string, what: string, namespace = '', name = '') => {
      const [groupResource = '', subresource = ''] = what.split('#');
      const [group = '', resource = ''] = groupResource.split('/');
      const isResource = !what.startsWith('/v') && !what.startsWith('/api') && !what.startsWith('/o');
      const info = { isResource, verb, path: isResource ? '' : what, group: isResource ? group : '', version: 'v1', resource: isResource ? resource : '', subresource, namespace, name };
      return evaluate({ name: user, groups: ['system:authenticated'] }, info).level;
    };
    expect([
      ask('system:kube-proxy', 'watch', '/services'), ask('system:kube-proxy', 'list', '/services'), ask('bob', 'get', '/apis'), ask('bob', 'get', '/version'), ask('bob', 'get', '/other'),
      ask('bob', 'get', '/configmaps', 'kube-system', 'leader'), ask('bob', 'get', '/configmaps', 'default', 'leader'), ask('bob', 'list', '/secrets'),
      ask('bob', 'create', '/pods#exec'), ask('bob', 'get', '/pods'), ask('bob', 'update', 'x.io/things#scale'), ask('bob', 'update', 'apps/deployments#scale'), ask('bob', 'get', 'any/nodes'),
    ]).toEqual(['None', 'None', 'None', 'None', 'None', 'Request', 'None', 'Metadata', 'Metadata', 'Metadata', 'None', 'RequestResponse', 'RequestResponse']);
    const info = { isResource: true, verb: 'get', path: '', group: '', version: 'v1', resource: 'configmaps', subresource: '', namespace: 'kube-system', name: 'leader' };
    expect(evaluate({ name: 'bob', groups: [] }, info)).toEqual({ level: 'Request', omitStages: new Set(['RequestReceived', 'ResponseStarted']), omitManagedFields: false });
  });
});
