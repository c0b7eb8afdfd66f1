import { describe, expect, it } from 'vitest';
import { decodeProtobuf, StatusError } from '../../../src/api/index.ts';

// An encoder of its own, with numbers copied from Kubernetes' generated.proto files by hand.
type Part = readonly number[];
const varint = (value: number | bigint): Part => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
};
const int = (number: number, value: number | bigint): Part => [...varint(number << 3), ...varint(value)];
const bytes = (number: number, content: Part): Part => [...varint((number << 3) | 2), ...varint(content.length), ...content];
const text = (number: number, value: string): Part => bytes(number, [...new TextEncoder().encode(value)]);
const message = (number: number, ...parts: readonly Part[]): Part => bytes(number, parts.flat());
const entry = (number: number, key: string, value: (number: number) => Part): Part => message(number, text(1, key), value(2));
const body = (apiVersion: string, kind: string, ...parts: readonly Part[]): Uint8Array =>
  Uint8Array.from([0x6b, 0x38, 0x73, 0, ...message(1, text(1, apiVersion), text(2, kind)), ...message(2, ...parts), ...text(3, ''), ...text(4, '')]);

describe('a protobuf body', () => {
  it('of a Pod is decoded with its embedded structs, quantities, ports, times and zeros', () => {
    const pod = body('v1', 'Pod',
      message(1, text(1, 'web'), text(2, ''), entry(11, 'app', (n) => text(n, 'web')), message(8), message(9, int(1, 1_767_323_045), int(2, 0)), int(7, 0)),
      message(2,
        message(1, text(1, 'v'), message(2, message(19, message(1, text(1, 'config'))))),
        message(2,
          text(1, 'c'), text(2, 'nginx'), text(3, 'sh'), text(3, '-c'),
          message(6, text(1, ''), int(2, 0), int(3, 80), text(4, 'TCP'), text(5, '')),
          message(7, text(1, 'A'), text(2, ''), message(3, message(4, message(1, text(1, 'secret')), text(2, 'key')))),
          message(8, entry(1, 'cpu', (n) => message(n, text(1, '100m'))), entry(2, 'memory', (n) => message(n, text(1, '64Mi')))),
          message(10, message(1, message(2, text(1, '/'), message(2, int(1, 1), int(2, 0), text(3, 'http')), text(3, ''), text(4, 'HTTP'))), int(2, 5)),
          int(16, 0)),
        text(3, 'Always'), int(4, 0), int(11, 0), int(21, 0), int(25, -7n)),
      message(3));
    expect(decodeProtobuf(pod)).toEqual({
      apiVersion: 'v1', kind: 'Pod',
      metadata: { name: 'web', labels: { app: 'web' }, deletionTimestamp: '2026-01-02T03:04:05Z' },
      spec: {
        volumes: [{ name: 'v', configMap: { name: 'config' } }],
        containers: [{
          name: 'c', image: 'nginx', command: ['sh', '-c'], ports: [{ containerPort: 80, protocol: 'TCP' }],
          env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'secret', key: 'key' } } }],
          resources: { limits: { cpu: '100m' }, requests: { memory: '64Mi' } },
          livenessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' }, initialDelaySeconds: 5 },
        }],
        restartPolicy: 'Always', terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, priority: -7,
      },
      status: {},
    });
  });
  it('of a Secret, a Lease, a review and DeleteOptions has base64, microseconds, wrapped lists and options of any group', () => {
    expect(decodeProtobuf(body('v1', 'Secret', message(1, text(1, 's')), entry(2, 'a', (n) => bytes(n, [0, 255, 16])), entry(2, '__proto__', (n) => bytes(n, []))))).toEqual({
      apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: JSON.parse('{"a":"AP8Q","__proto__":""}'),
    });
    expect(decodeProtobuf(body('coordination.k8s.io/v1', 'Lease', message(2, text(1, 'me'), int(2, 40), message(4, int(1, 1_767_323_045), int(2, 678_901_000)))))).toEqual({
      apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec: { holderIdentity: 'me', leaseDurationSeconds: 40, renewTime: '2026-01-02T03:04:05.678901Z' },
    });
    expect(decodeProtobuf(body('authorization.k8s.io/v1', 'SubjectAccessReview', message(2, text(3, 'u'), text(4, 'g1'), text(4, 'g2'), entry(5, 'scopes', (n) => message(n, text(1, 'a'), text(1, 'b'))))))).toEqual({
      apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user: 'u', groups: ['g1', 'g2'], extra: { scopes: ['a', 'b'] } },
    });
    expect(decodeProtobuf(body('policy/v1', 'DeleteOptions', int(1, 0), text(4, 'Background')))).toEqual({ apiVersion: 'policy/v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Background' });
    expect(decodeProtobuf(body('apps/v1', 'ControllerRevision', message(2, text(1, '{"spec":{"a":[1]}}')), int(3, 9_007_199_254_740_991n)))).toEqual({
      apiVersion: 'apps/v1', kind: 'ControllerRevision', data: { spec: { a: [1] } }, revision: 9_007_199_254_740_991,
    });
  });
  it('skips fields of newer clients', () => {
    expect(decodeProtobuf(body('v1', 'ConfigMap', text(99, 'new'), [...varint((98 << 3) | 1), 1, 2, 3, 4, 5, 6, 7, 8], [...varint((97 << 3) | 5), 1, 2, 3, 4], entry(2, 'a', (n) => text(n, 'b')))))
      .toEqual({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } });
  });
  it('is refused with 400 wherever it is cut off or spoilt, and never otherwise', () => {
    const whole = body('apps/v1', 'Deployment', message(1, text(1, 'web')), message(2, int(1, 3), message(3, message(2, message(2, text(1, 'c'), message(8, entry(1, 'cpu', (n) => message(n, text(1, '1')))))))));
    const failures = new Set<string>();
    const attempt = (input: Uint8Array): void => {
      try {
        decodeProtobuf(input);
      } catch (error) {
        if (!(error instanceof StatusError) || error.code !== 400) throw error;
        failures.add(error.message);
      }
    };
    for (let length = 0; length < whole.length; length++) attempt(whole.subarray(0, length));
    for (let index = 0; index < whole.length; index++) for (const value of [0, 7, 127, 128, 255]) attempt(whole.with(index, value));
    expect(failures.has('unexpected EOF')).toBe(true);
    expect(failures.has('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')).toBe(true);
    expect(() => decodeProtobuf(body('v9', 'Nothing'))).toThrow('no kind "Nothing" is registered for version "v9"');
  });
});
