import { describe, expect, it } from 'vitest';
import { compileService, judge, updateRuleTable } from '../../src/network/index.ts';
import { newService, newSlice, tableOf } from './objects.ts';

const endpoints = [
  { addresses: ['10.244.1.2'], nodeName: 'node-1', conditions: { ready: true, serving: true, terminating: false } },
  { addresses: ['10.244.2.2'], nodeName: 'node-2', conditions: { ready: true, serving: true, terminating: false } },
  { addresses: ['10.244.2.3'], nodeName: 'node-2', conditions: { ready: false, serving: false, terminating: false } },
  { addresses: ['10.244.3.2'], nodeName: 'node-3', conditions: { ready: false, serving: true, terminating: true } },
];

describe('The rule compiler', () => {
  it('matches cluster IP, external IPs and node port, and sends to the ready endpoints', () => {
    const service = newService('web', {
      type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }], externalIPs: ['192.0.2.7'], externalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
    });
    const ready = [{ ip: '10.244.1.2', port: 8080, nodeName: 'node-1' }, { ip: '10.244.2.2', port: 8080, nodeName: 'node-2' }];
    const terminating = [{ ip: '10.244.3.2', port: 8080, nodeName: 'node-3' }];
    const target = { servicePortName: 'default/web:http', endpoints: ready, ready, terminating, affinitySeconds: 60 };
    expect(compileService(service, [newSlice('web', endpoints, [{ name: 'http', port: 8080 }])])).toEqual({
      addresses: [
        ['10.96.0.20:80', { kind: 'ClusterIP', local: false, target }],
        ['192.0.2.7:80', { kind: 'ExternalIP', local: true, target }],
      ],
      nodePorts: [[30080, { kind: 'NodePort', local: true, target }]],
    });
  });

  it('has no rules for headless and ExternalName Services', () => {
    const none = { addresses: [], nodePorts: [] };
    expect(compileService(newService('db', { clusterIP: 'None' }), [newSlice('db', endpoints)])).toEqual(none);
    expect(compileService({ ...newService('out', {}), spec: { type: 'ExternalName', externalName: 'example.com' } }, [])).toEqual(none);
  });

  it('falls back to endpoints that serve while they terminate when none is ready', () => {
    const { addresses } = compileService(newService('web', {}), [newSlice('web', endpoints.slice(2))]);
    expect(addresses[0]?.[1].target.endpoints).toEqual([{ ip: '10.244.3.2', port: 8080, nodeName: 'node-3' }]);
  });

  it('replaces the rules of a Service in a new table and leaves the old one alone', () => {
    const before = tableOf([newService('web', {}), newSlice('web', endpoints)], [newService('api', { clusterIP: '10.96.0.30' })]);
    const after = updateRuleTable(before, new Map([['default/web', compileService(newService('web', { clusterIP: '10.96.0.21' }), [])], ['default/api', undefined]]));
    expect([[...before.byAddress.keys()], [...after.byAddress.keys()]]).toEqual([['10.96.0.20:80', '10.96.0.30:80'], ['10.96.0.21:80']]);
  });
});

describe('A rule on a node', () => {
  const target = compileService(newService('web', {}), [newSlice('web', endpoints)]).addresses[0]![1].target;
  const internal = { kind: 'ClusterIP', local: true, target } as const;
  const external = { kind: 'NodePort', local: true, target } as const;

  it('with policy Local keeps to its own endpoints and drops where it has none', () => {
    expect([judge(internal, 'node-1', true), judge(internal, 'node-3', true), judge(internal, 'node-4', true)]).toEqual([
      { kind: 'forward', choices: [{ ip: '10.244.1.2', port: 8080, nodeName: 'node-1' }] },
      { kind: 'forward', choices: [{ ip: '10.244.3.2', port: 8080, nodeName: 'node-3' }] },
      { kind: 'drop' },
    ]);
  });

  it('with external policy Local still lets clients within the cluster reach every endpoint', () => {
    expect(judge(external, 'node-4', true)).toEqual({ kind: 'forward', choices: target.endpoints });
    expect(judge(external, 'node-4', false)).toEqual({ kind: 'drop' });
  });

  it('rejects when the Service has no endpoints', () => {
    const rule = compileService(newService('web', {}), []).addresses[0]![1];
    expect(judge(rule, 'node-1', true)).toEqual({ kind: 'reject' });
  });
});
