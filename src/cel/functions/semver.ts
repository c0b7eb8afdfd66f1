import { type CelType, objectType } from '../types.ts';
import { goQuote } from '../values/convert.ts';
import { compareText } from '../values/equality.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type Value } from '../values/value.ts';
import type { CelFunction } from './call.ts';

const TYPE = objectType('kubernetes.Semver');
const NUMBER_MAX = 2n ** 64n - 1n;
const ALPHANUMERIC = /^[A-Za-z0-9-]+$/;

class CelSemver extends CelOpaque {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  override get type(): CelType {
    return TYPE;
  }

  override equals(other: Value): Value {
    return other instanceof CelSemver ? compare(this, other) === 0 : NO_SUCH_OVERLOAD;
  }
}

/** Versions. Kubernetes: apiserver/pkg/cel/library/semverlib.go. */
export const SEMVER_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  semver: ([text, normalize = false]) => (typeof text === 'string' && typeof normalize === 'boolean' ? read(text, normalize) : undefined),
  isSemver: ([text, normalize = false]) => (typeof text === 'string' && typeof normalize === 'boolean' ? !(read(text, normalize) instanceof CelError) : undefined),
  major: ([version]) => (version instanceof CelSemver ? version.numbers[0] : undefined),
  minor: ([version]) => (version instanceof CelSemver ? version.numbers[1] : undefined),
  patch: ([version]) => (version instanceof CelSemver ? version.numbers[2] : undefined),
  isGreaterThan: ofTwo((order) => order > 0),
  isLessThan: ofTwo((order) => order < 0),
  compareTo: ofTwo((order) => BigInt(order)),
};

function ofTwo(apply: (order: number) => Value): CelFunction {
  return ([one, other]) => (one instanceof CelSemver && other instanceof CelSemver ? apply(compare(one, other)) : undefined);
}

function read(text: string, normalize: boolean): CelSemver | CelError {
  if (!normalize) return parse(text);
  const parts = splitThree(text.startsWith('v') ? text.slice(1) : text).map((part) => {
    if (part.length <= 1) return part;
    const stripped = part.replace(/^0+/, '');
    return /^\d/.test(stripped) ? stripped : `0${stripped}`;
  });
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) return new CelError('short version cannot contain PreRelease/Build meta data');
  while (parts.length < 3) parts.push('0');
  return parse(parts.join('.'));
}

function splitThree(text: string): string[] {
  const [first = '', second, ...rest] = text.split('.');
  return second === undefined ? [first] : rest.length === 0 ? [first, second] : [first, second, rest.join('.')];
}

function parse(text: string): CelSemver | CelError {
  if (text === '') return new CelError('Version string empty');
  const [major, minor, rest] = splitThree(text);
  if (major === undefined || minor === undefined || rest === undefined) return new CelError('No Major.Minor.Patch elements found');
  const plus = rest.indexOf('+');
  const build = plus < 0 ? undefined : rest.slice(plus + 1);
  const core = plus < 0 ? rest : rest.slice(0, plus);
  const dash = core.indexOf('-');
  const prerelease = dash < 0 ? [] : core.slice(dash + 1).split('.');
  const numbers: bigint[] = [];
  for (const [name, part] of [['Major', major], ['Minor', minor], ['Patch', dash < 0 ? core : core.slice(0, dash)]] as const) {
    const bad = /[^0-9]/.test(part);
    if (bad) return new CelError(`Invalid character(s) found in ${name.toLowerCase()} number ${goQuote(part)}`);
    if (part.length > 1 && part.startsWith('0')) return new CelError(`${name} number must not contain leading zeroes ${goQuote(part)}`);
    if (part === '') return new CelError('strconv.ParseUint: parsing "": invalid syntax');
    if (BigInt(part) > NUMBER_MAX) return new CelError(`strconv.ParseUint: parsing ${goQuote(part)}: value out of range`);
    numbers.push(BigInt(part));
  }
  for (const part of prerelease) {
    if (part === '') return new CelError('Prerelease is empty');
    if (/^\d+$/.test(part)) {
      if (part.length > 1 && part.startsWith('0')) return new CelError(`Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`);
    } else if (!ALPHANUMERIC.test(part)) {
      return new CelError(`Invalid character(s) found in prerelease ${goQuote(part)}`);
    }
  }
  for (const part of build?.split('.') ?? []) {
    if (part === '') return new CelError('Build meta data is empty');
    if (!ALPHANUMERIC.test(part)) return new CelError(`Invalid character(s) found in build meta data ${goQuote(part)}`);
  }
  return new CelSemver(numbers as unknown as readonly [bigint, bigint, bigint], prerelease);
}

function compare(one: CelSemver, other: CelSemver): number {
  for (const [index, number] of one.numbers.entries()) {
    const against = other.numbers[index] ?? 0n;
    if (number !== against) return number < against ? -1 : 1;
  }
  if (one.prerelease.length === 0 || other.prerelease.length === 0) return Math.sign(other.prerelease.length - one.prerelease.length);
  for (const [index, part] of one.prerelease.entries()) {
    const against = other.prerelease[index];
    if (against === undefined) return 1;
    const order = comparePart(part, against);
    if (order !== 0) return order;
  }
  return Math.sign(one.prerelease.length - other.prerelease.length);
}

function comparePart(one: string, other: string): number {
  const isNumber = /^\d+$/.test(one);
  if (isNumber !== /^\d+$/.test(other)) return isNumber ? -1 : 1;
  if (!isNumber) return compareText(one, other);
  return BigInt(one) < BigInt(other) ? -1 : BigInt(one) > BigInt(other) ? 1 : 0;
}
