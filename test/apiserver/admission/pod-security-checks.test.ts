import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../src/api/index.ts';
import { evaluatePod, violationDetails } from '../../../src/apiserver/admission/pod-security/evaluate.ts';
import { LATEST, type Level } from '../../../src/apiserver/admission/pod-security/policy.ts';

/** A pod, and what upstream's evaluator (v0.36.1) finds wrong with it; a version without an entry is as the one before. */
interface Golden {
  readonly from: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly violations: Readonly<Record<string, string>>;
}

const VERSIONS = ['v1.0', 'v1.8', 'v1.19', 'v1.22', 'v1.23', 'v1.25', 'v1.27', 'v1.29', 'v1.31', 'v1.32', 'v1.34', 'v1.35', 'latest'] as const;
const FILE = new URL('testdata/pod-security.jsonl', import.meta.url);
const goldens = readFileSync(FILE, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Golden);

describe('the checks of PodSecurity', () => {
  it.each(goldens.map((golden) => [golden.from, golden] as const))('say what upstream says, at every level and version: %s', (_from, { annotations, spec, violations }) => {
    for (const level of ['baseline', 'restricted'] as readonly Level[]) {
      let expected: string | undefined;
      for (const version of VERSIONS) {
        expected = violations[`${level}:${version}`] ?? expected;
        const minor = version === 'latest' ? LATEST : Number(version.slice('v1.'.length));
        expect(`${level}:${version} ${violationDetails(evaluatePod({ level, minor }, spec, annotations))}`).toBe(`${level}:${version} ${expected}`);
      }
    }
  });
});
