import { type FieldError, invalid } from '../../../api/index.ts';

/** How much a pod may do. Kubernetes: pod-security-admission/api, Level. */
export type Level = 'privileged' | 'baseline' | 'restricted';

/** A minor version of Kubernetes 1; LATEST: whatever the newest checks are. */
export const LATEST = Number.POSITIVE_INFINITY;

/** A level as it was in one version of Kubernetes. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

/** What holds in a namespace, by mode. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

/** A namespace's policy and what is wrong with its labels; then the policy is the cautious one. */
export interface ParsedPolicy {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
}

/** The labels' prefix, which is the audit annotations' as well. */
export const POD_SECURITY_PREFIX = 'pod-security.kubernetes.io/';

const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];

/** E.g. restricted:latest, baseline:v1.25. */
export function levelVersionText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`;
}

/** Negative, 0 or positive as a is less strict than b, as strict or stricter. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/** True where nothing has to be looked at. */
export function isFullyPrivileged({ enforce, audit, warn }: Policy): boolean {
  return enforce.level === 'privileged' && audit.level === 'privileged' && warn.level === 'privileged';
}

/** True where both are the same level as it was in the same version. */
export function isSameLevelVersion(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** True where two policies come to the same: versions of privileged don't count. */
export function isEquivalent(a: Policy, b: Policy): boolean {
  const same = (one: LevelVersion, other: LevelVersion) => (one.level === 'privileged' && other.level === 'privileged') || isSameLevelVersion(one, other);
  return same(a.enforce, b.enforce) && same(a.audit, b.audit) && same(a.warn, b.warn);
}

/** The policy that a namespace's labels ask for; defaults where they are silent. Kubernetes: api.PolicyToEvaluate. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined, defaults: Policy): ParsedPolicy {
  const errors: FieldError[] = [];
  const label = (name: string) => (labels !== undefined && Object.hasOwn(labels, POD_SECURITY_PREFIX + name) ? labels[POD_SECURITY_PREFIX + name] : undefined);
  const refuse = (name: string, value: string, detail: string) => errors.push(invalid(`metadata.labels[${POD_SECURITY_PREFIX}${name}]`, value, detail));
  const parsed = (name: 'enforce' | 'audit' | 'warn', otherwise: Level): LevelVersion => {
    let { level, minor } = defaults[name];
    const levelText = label(name);
    if (levelText !== undefined) {
      const known = LEVELS.find((each) => each === levelText);
      if (known === undefined) refuse(name, levelText, 'must be one of privileged, baseline, restricted');
      level = known ?? otherwise;
    }
    const versionText = label(`${name}-version`);
    if (versionText !== undefined) {
      const version = parseVersion(versionText);
      if (version === undefined) refuse(`${name}-version`, versionText, 'must be "latest" or "v1.x"');
      minor = version ?? LATEST;
    }
    return { level, minor };
  };
  // What can't be read is enforced strictly, and neither warned nor recorded.
  const enforce = parsed('enforce', 'restricted');
  const enforceIsGiven = label('enforce') === enforce.level;
  const audit = parsed('audit', 'privileged');
  let warn = parsed('warn', 'privileged');
  if (label('warn') === undefined && enforceIsGiven && compareLevels(enforce.level, warn.level) > 0) {
    warn = { level: enforce.level, minor: label('warn-version') === undefined ? enforce.minor : warn.minor };
  }
  return { policy: { enforce, audit, warn }, errors };
}

/** undefined where the text is neither latest nor v1.x. Go's Atoi ends at 2⁶³−1. */
function parseVersion(text: string): number | undefined {
  if (text === 'latest') return LATEST;
  const digits = /^v1\.([0-9]|[1-9][0-9]*)$/.exec(text)?.[1];
  return digits === undefined || BigInt(digits.slice(0, 20)) > 9_223_372_036_854_775_807n ? undefined : Number(digits);
}
