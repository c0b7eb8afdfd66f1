import type { PodSpec } from '../../../api/index.ts';
import { baselineChecks } from './baseline-checks.ts';
import type { Check, CheckPod, Violation } from './check.ts';
import type { Level, LevelVersion } from './policy.ts';
import { restrictedChecks } from './restricted-checks.ts';

/** What is wrong with a pod, in the order of the checks; empty: nothing. */
export type Violations = readonly NonNullable<Violation>[];

const NONE: Violations = Object.freeze([]);
const ALL: readonly Check[] = [...baselineChecks, ...restrictedChecks];
/** The last minor version in which a check changed: later ones and latest are the same. */
const MINOR_MAX = Math.max(...ALL.flatMap(({ versions }) => versions.map(({ minor }) => minor)));
/** Baseline checks come first, each level by id. */
const byId = (a: Check, b: Check): number => (a.level === b.level ? (a.id < b.id ? -1 : 1) : a.level === 'baseline' ? -1 : 1);
const ORDERED: readonly Check[] = [...ALL].sort(byId);

const checksOf = new Map<string, readonly CheckPod[]>();

/** Runs the checks of a level as they were in a version. Kubernetes: policy.checkRegistry, EvaluatePod. */
export function evaluatePod({ level, minor }: LevelVersion, spec: PodSpec, annotations: Readonly<Record<string, string>> | undefined): Violations {
  if (level === 'privileged') return NONE;
  const version = Math.min(minor, MINOR_MAX);
  const key = `${level}:${version}`;
  let checks = checksOf.get(key);
  if (checks === undefined) {
    checks = findChecks(level, version);
    checksOf.set(key, checks);
  }
  let violations: NonNullable<Violation>[] | undefined;
  for (const check of checks) {
    const violation = check(spec, annotations);
    if (violation !== undefined) (violations ??= []).push(violation);
  }
  return violations ?? NONE;
}

function findChecks(level: Level, version: number): readonly CheckPod[] {
  const revisions = ORDERED.flatMap((check) => {
    if (level === 'baseline' && check.level !== 'baseline') return [];
    const revision = check.versions.findLast(({ minor }) => minor <= version);
    return revision === undefined ? [] : [{ id: check.id, ...revision }];
  });
  const overridden = new Set(revisions.map(({ overrides }) => overrides));
  return revisions.filter(({ id }) => !overridden.has(id)).map(({ check }) => check);
}

/** E.g. host namespaces (hostNetwork=true), privileged (…). Kubernetes: AggregateCheckResult.ForbiddenDetail. */
export function violationDetails(violations: Violations): string {
  return violations.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
}

/** E.g. host namespaces, privileged. Kubernetes: AggregateCheckResult.ForbiddenReason. */
export function violationReasons(violations: Violations): string {
  return violations.map(({ reason }) => reason).join(', ');
}
