/** How a quantity was written, and is written again. Kubernetes: apimachinery/pkg/api/resource, Format. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

/** An exact amount of something, e.g. 100m CPU or 64Mi memory. */
export interface Quantity {
  /** The amount times 10⁹: upstream's finest unit is n. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** The text is not a quantity; the message is upstream's. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const NANO = 1_000_000_000n;
const AMOUNT_MAX = 9_223_372_036_854_775_807n * NANO;
const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";
const NUMBER_WRONG = 'unable to parse numeric part of quantity';

const DECIMAL_EXPONENT: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const DECIMAL_SUFFIX: Readonly<Record<number, string>> = { [-9]: 'n', [-6]: 'u', [-3]: 'm', 0: '', 3: 'k', 6: 'M', 9: 'G', 12: 'T', 15: 'P', 18: 'E' };
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;


// The same few texts (100m, 64Mi, …) are parsed again and again; users' texts are bounded by the cache's size.
const PARSED_MAX = 4096;
const parsed = new Map<string, Quantity>();

/** The quantity of a text such as 100m, 1.5Gi or 1e3. Throws QuantityError. Kubernetes: resource.ParseQuantity. */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const quantity = Object.freeze(parse(text));
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(text, quantity);
  return quantity;
}

/** True where the text is a quantity. */
export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string): Quantity {
  if (text === '') throw new QuantityError(FORMAT_WRONG);
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text);
  if (match === null) throw new QuantityError(FORMAT_WRONG);
  const [, sign, allWhole = '', allFraction = '', suffix = ''] = match;
  const [whole, fraction] = boundDigits(allWhole, allFraction);
  const { base, exponent, format } = parseSuffix(suffix);
  if (whole === '' && fraction === '') throw new QuantityError(NUMBER_WRONG);

  const digits = BigInt(whole + fraction);
  let nanos: bigint;
  if (base === 2) nanos = divideUp(digits * NANO * 2n ** BigInt(exponent), 10n ** BigInt(fraction.length));
  else nanos = scaleTen(digits, exponent - fraction.length + 9);
  if (nanos > AMOUNT_MAX) nanos = AMOUNT_MAX;
  // Less than one byte can't be written in a binary unit.
  const written = format === 'BinarySI' && nanos > 0n && nanos < NANO ? 'DecimalSI' : format;
  return { nanos: sign === '-' ? -nanos : nanos, format: written };
}

/** Digits that can't change the result any more are dropped, so that a text of megabytes costs nothing. */
function boundDigits(whole: string, fraction: string): readonly [whole: string, fraction: string] {
  if (whole.length + fraction.length <= 64) return [whole, fraction];
  const significant = whole.replace(/^0+/, '');
  const sticky = fraction.length > 64 && /[1-9]/.test(fraction.slice(64)) ? '1' : '';
  return [significant.length > 4200 ? significant.slice(0, 4200) : significant === '' ? '0' : significant, fraction.slice(0, 64) + sticky];
}

function parseSuffix(suffix: string): { readonly base: 2 | 10; readonly exponent: number; readonly format: QuantityFormat } {
  const decimal = Object.hasOwn(DECIMAL_EXPONENT, suffix) ? DECIMAL_EXPONENT[suffix] : undefined;
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
  const binary = BINARY_SUFFIXES.indexOf(suffix as 'Ki');
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' };
  if (/^[eE][-+]?[0-9]+$/.test(suffix)) {
    // Any exponent beyond this ends at the smallest or the greatest amount; the bound keeps the numbers small.
    const exponent = Math.max(-4096, Math.min(4096, Number(suffix.slice(1))));
    return { base: 10, exponent, format: 'DecimalExponent' };
  }
  throw new QuantityError(SUFFIX_WRONG);
}

/** digits × 10^exponent, rounded up (away from zero: digits are never negative). */
function scaleTen(digits: bigint, exponent: number): bigint {
  return exponent >= 0 ? digits * 10n ** BigInt(exponent) : divideUp(digits, 10n ** BigInt(-exponent));
}

function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by > 0n ? quotient + 1n : quotient;
}

/** The canonical text, as the API server stores it: 1000m is 1, 0.5 is 500m, 1024Mi is 1Gi. Kubernetes: Quantity.CanonicalizeBytes. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, format } = quantity;
  if (nanos === 0n) return '0';
  const small = nanos > -1024n * NANO && nanos < 1024n * NANO;
  if (format === 'BinarySI' && !small && nanos % NANO === 0n) return formatBinary(nanos / NANO);
  return formatDecimal(nanos, format === 'DecimalExponent');
}

function formatBinary(amount: bigint): string {
  let rest = amount;
  let power = 0;
  while (rest % 1024n === 0n && power < 6) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${BINARY_SUFFIXES[power]}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let rest = nanos;
  let exponent = -9;
  while (rest % 1000n === 0n && exponent < 18) {
    rest /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  return `${rest}${DECIMAL_SUFFIX[exponent]}`;
}

const canonicalTexts = new Map<string, string>();

/** The canonical text of a quantity's text. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  const known = canonicalTexts.get(text);
  if (known !== undefined) return known;
  const canonical = formatQuantity(parseQuantity(text));
  if (canonicalTexts.size >= PARSED_MAX) canonicalTexts.clear();
  canonicalTexts.set(text, canonical);
  return canonical;
}

/** Negative, 0 or positive as a is less than, equal to or more than b. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
}

/** a + b, written as a was (as b, where a is zero). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** a − b, written as a was (as b, where a is zero). */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

const values = new Map<string, number>();
const milliValues = new Map<string, number>();

/** Whole units (bytes, pods, …), rounded up. Exact up to 2⁵³. Throws QuantityError. Kubernetes: Quantity.Value. */
export function quantityValue(text: string): number {
  return cachedNumber(values, text, NANO);
}

/** Thousandths (of a CPU), rounded up. Exact up to 2⁵³. Throws QuantityError. Kubernetes: Quantity.MilliValue. */
export function quantityMilliValue(text: string): number {
  return cachedNumber(milliValues, text, 1_000_000n);
}

function cachedNumber(cache: Map<string, number>, text: string, unitNanos: bigint): number {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const { nanos } = parseQuantity(text);
  const value = Number(nanos < 0n ? -divideUp(-nanos, unitNanos) : divideUp(nanos, unitNanos));
  if (cache.size >= PARSED_MAX) cache.clear();
  cache.set(text, value);
  return value;
}
