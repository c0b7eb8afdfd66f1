import { describe, expect, it } from 'vitest';
import { resolveName } from '../../src/network/index.ts';
import { candidateNames, formatResolvConf, resolverConfig } from '../../src/network/resolver.ts';
import { newService, newSlice, viewOf } from './objects.ts';

const view = viewOf(
  [
    newService('web', { ports: [{ name: 'http', port: 80 }, { name: 'metrics', port: 9090 }] }),
    newService('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }),
    newService('idle', { clusterIP: 'None' }),
    { ...newService('alias', {}), spec: { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' } },
    { ...newService('outside', {}), spec: { type: 'ExternalName', externalName: 'example.com' } },
  ],
  [newSlice('db', [
    { addresses: ['10.244.1.5'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.2.5'], conditions: { ready: true } },
    { addresses: ['10.244.3.5'], hostname: 'db-2', conditions: { ready: false } },
  ], [{ name: 'sql', port: 5432, protocol: 'TCP' }])],
);
const ask = (name: string, type: 'A' | 'SRV' | 'CNAME' = 'A') => {
  const { rcode, answers } = resolveName(view, 'cluster.local', name, type);
  return [rcode, ...answers.map((record) => record.type === 'A' ? record.address : record.type === 'CNAME' ? record.target : `${record.port} ${record.target}`)];
};

describe('The cluster DNS', () => {
  it('answers a Service with its cluster IP, in any case and with a final dot', () => {
    expect([ask('web.default.svc.cluster.local'), ask('WEB.default.svc.cluster.local.')]).toEqual([['NOERROR', '10.96.0.20'], ['NOERROR', '10.96.0.20']]);
  });
  it('answers a headless Service with its ready endpoints, and each of them by hostname or dashed address', () => {
    expect([ask('db.default.svc.cluster.local'), ask('db-0.db.default.svc.cluster.local'), ask('10-244-2-5.db.default.svc.cluster.local'), ask('db-2.db.default.svc.cluster.local')])
      .toEqual([['NOERROR', '10.244.1.5', '10.244.2.5'], ['NOERROR', '10.244.1.5'], ['NOERROR', '10.244.2.5'], ['NXDOMAIN']]);
  });
  it('answers SRV for named ports', () => {
    expect([ask('_metrics._tcp.web.default.svc.cluster.local', 'SRV'), ask('_sql._tcp.db.default.svc.cluster.local', 'SRV'), ask('_nope._tcp.web.default.svc.cluster.local', 'SRV')]).toEqual([
      ['NOERROR', '9090 web.default.svc.cluster.local'],
      ['NOERROR', '5432 db-0.db.default.svc.cluster.local', '5432 10-244-2-5.db.default.svc.cluster.local'],
      ['NXDOMAIN'],
    ]);
  });
  it('answers a pod by its dashed address', () => {
    expect([ask('10-244-1-5.default.pod.cluster.local'), ask('web.default.pod.cluster.local')]).toEqual([['NOERROR', '10.244.1.5'], ['NXDOMAIN']]);
  });
  it('follows an ExternalName inside the cluster; outside there is nobody to ask', () => {
    expect([ask('alias.default.svc.cluster.local'), ask('outside.default.svc.cluster.local'), ask('example.com')]).toEqual([
      ['NOERROR', 'web.default.svc.cluster.local', '10.96.0.20'], ['NOERROR', 'example.com'], ['NXDOMAIN'],
    ]);
  });
  it('knows no Service that is not there and no headless one without endpoints', () => {
    expect([ask('nope.default.svc.cluster.local'), ask('web.other.svc.cluster.local'), ask('idle.default.svc.cluster.local')]).toEqual([['NXDOMAIN'], ['NXDOMAIN'], ['NXDOMAIN']]);
  });
});

describe('A pod’s resolver', () => {
  const cluster = { dnsIp: '10.96.0.10', clusterDomain: 'cluster.local' };
  it('searches the pod’s namespace first', () => {
    const config = resolverConfig([], 'shop', cluster);
    expect(formatResolvConf(config)).toBe('search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n');
    expect(candidateNames(config, 'web')).toEqual(['web.shop.svc.cluster.local', 'web.svc.cluster.local', 'web.cluster.local', 'web']);
    expect(candidateNames(config, 'web.shop.svc.cluster.local.')).toEqual(['web.shop.svc.cluster.local']);
    expect(candidateNames(config, 'a.b.c.d.e.f')[0]).toBe('a.b.c.d.e.f');
  });
  it('takes whole lines for dnsPolicy None', () => {
    expect(formatResolvConf(resolverConfig(['nameserver 192.0.2.1', 'my.dns.search', 'options ndots:2 edns0'], 'shop', cluster)))
      .toBe('search my.dns.search\nnameserver 192.0.2.1\noptions ndots:2 edns0\n');
  });
});
