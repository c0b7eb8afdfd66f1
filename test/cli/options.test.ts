import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseUpOptions, UsageError } from '../../src/cli/options.ts';

describe('the flags of the audit log', () => {
  it('name files relative to where the user stands', () => {
    const { auditPolicyFile, auditLogFile } = parseUpOptions(['--audit-policy-file', 'policy.yaml', '--audit-log-path', '/var/log/audit.log']);
    expect([auditPolicyFile, auditLogFile]).toEqual([path.resolve('policy.yaml'), '/var/log/audit.log']);
    expect(parseUpOptions([]).auditPolicyFile).toBeUndefined();
  });

  it('make no sense without a policy', () => {
    expect(() => parseUpOptions(['--audit-log-path', 'x'])).toThrow(new UsageError('--audit-log-path needs --audit-policy-file'));
  });
});
