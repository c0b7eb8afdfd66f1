import { describe, expect, it } from 'vitest';
import { createIpam } from '../../src/network/ipam.ts';

describe('IPAM', () => {
  it('keeps the first address for the bridge and gives out the lowest fresh ones', () => {
    const ipam = createIpam('10.244.1.0/24');
    expect([ipam.gatewayIp, ipam.allocate(), ipam.allocate()]).toEqual(['10.244.1.1', '10.244.1.2', '10.244.1.3']);
  });

  it('gives a freed address out again only when no fresh one is left, longest free first', () => {
    const ipam = createIpam('10.244.1.0/29'); // .2 to .6
    const first = [ipam.allocate(), ipam.allocate(), ipam.allocate()];
    ipam.release('10.244.1.3');
    ipam.release('10.244.1.3');
    ipam.release('10.244.1.2');
    const rest = [ipam.allocate(), ipam.allocate(), ipam.allocate(), ipam.allocate(), ipam.allocate()];
    expect([...first, ...rest]).toEqual([
      '10.244.1.2', '10.244.1.3', '10.244.1.4', '10.244.1.5', '10.244.1.6', '10.244.1.3', '10.244.1.2', undefined,
    ]);
  });
});
