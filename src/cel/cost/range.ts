/** From and to, in units of cost or in elements; 2⁶⁴−1 stands for no bound. Kubernetes: cel-go checker/cost.go, SizeEstimate and CostEstimate. */
export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

/** The largest number there is here. */
export const UNBOUNDED = 2n ** 64n - 1n;
export const UNKNOWN_SIZE: Range = { min: 0n, max: UNBOUNDED };
export const ZERO: Range = { min: 0n, max: 0n };

/** The range of one number. */
export function exactly(value: bigint): Range {
  return { min: value, max: value };
}

/** The sum, or no bound where it is larger than any number here. */
export function sumOf(...ranges: readonly Range[]): Range {
  let min = 0n;
  let max = 0n;
  for (const range of ranges) {
    min = bounded(min + range.min);
    max = bounded(max + range.max);
  }
  return { min, max };
}

/** The product, or no bound where it is larger than any number here. */
export function productOf(left: Range, right: Range): Range {
  return { min: bounded(left.min * right.min), max: bounded(left.max * right.max) };
}

/** Times a factor, rounded up. */
export function scaled(range: Range, factor: number): Range {
  return { min: scaledNumber(range.min, factor), max: scaledNumber(range.max, factor) };
}

/** The range that holds both. */
export function unionOf(left: Range, right: Range): Range {
  return { min: left.min < right.min ? left.min : right.min, max: left.max > right.max ? left.max : right.max };
}

/** The number, or the largest there is. */
export function bounded(value: bigint): bigint {
  return value > UNBOUNDED ? UNBOUNDED : value;
}

/** A number times a factor, rounded up. */
export function scaledNumber(value: bigint, factor: number): bigint {
  const product = Math.ceil(Number(value) * factor);
  return product >= 2 ** 64 ? UNBOUNDED : BigInt(product);
}
