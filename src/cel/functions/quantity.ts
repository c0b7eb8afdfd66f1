import { addQuantities, compareQuantities, parseQuantity, type Quantity, QuantityError, subtractQuantities } from '../../api/index.ts';
import { type CelType, objectType } from '../types.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type Value } from '../values/value.ts';
import type { CelFunction } from './call.ts';

const TYPE = objectType('kubernetes.Quantity');
const NANO = 1_000_000_000n;
const INT_MAX = 2n ** 63n - 1n;
const INT_MIN = -(2n ** 63n);
/** What upstream keeps as an int64 and a scale. */
const FAST_DIGITS_MAX = 18;
const BINARY = /^[+-]?(\d*)(?:\.(\d*))?[KMGTPE]i$/;
const DECIMAL = /^[+-]?(\d*)(?:\.(\d*))?(?:([numkMGTPE])|[eE]([+-]?\d+))?$/;
const EXPONENTS: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

class CelQuantity extends CelOpaque {
  readonly quantity: Quantity;
  /** Upstream takes 1000m for no integer: it looks at how the amount was written. */
  readonly isWhole: boolean;

  constructor(quantity: Quantity, isWhole: boolean) {
    super();
    this.quantity = quantity;
    this.isWhole = isWhole;
  }

  override get type(): CelType {
    return TYPE;
  }

  override equals(other: Value): Value {
    return other instanceof CelQuantity ? this.quantity.nanos === other.quantity.nanos : NO_SUCH_OVERLOAD;
  }
}

/** Amounts. Kubernetes: apiserver/pkg/cel/library/quantity.go. */
export const QUANTITY_FUNCTIONS: Readonly<Record<string, CelFunction>> = {
  quantity: ([text]) => (typeof text === 'string' ? parsed(text) : undefined),
  isQuantity: ([text]) => (typeof text === 'string' ? !(parsed(text) instanceof CelError) : undefined),
  sign: of((one) => (one.quantity.nanos > 0n ? 1n : one.quantity.nanos < 0n ? -1n : 0n)),
  isInteger: of((one) => asInteger(one) !== undefined),
  asInteger: of((one) => asInteger(one) ?? new CelError('cannot convert value to integer')),
  asApproximateFloat: of(({ quantity: { nanos } }) => Number(nanos / NANO) + Number(nanos % NANO) / 1e9),
  isGreaterThan: ofTwo((one, other) => compareQuantities(one.quantity, other.quantity) > 0),
  isLessThan: ofTwo((one, other) => compareQuantities(one.quantity, other.quantity) < 0),
  compareTo: ofTwo((one, other) => BigInt(compareQuantities(one.quantity, other.quantity))),
  add: changed(addQuantities),
  sub: changed(subtractQuantities),
};

function parsed(text: string): CelQuantity | CelError {
  try {
    return new CelQuantity(parseQuantity(text), isWholeText(text));
  } catch (error) {
    if (error instanceof QuantityError) return new CelError(error.message);
    throw error;
  }
}

function isWholeText(text: string): boolean {
  if (text.replace(/\D/g, '').length > FAST_DIGITS_MAX) return false;
  const binary = BINARY.exec(text);
  if (binary !== null) return (binary[2] ?? '') === '';
  const decimal = DECIMAL.exec(text);
  const exponent = decimal?.[3] === undefined ? Number(decimal?.[4] ?? 0) : (EXPONENTS[decimal[3]] ?? 0);
  return exponent - (decimal?.[2] ?? '').length >= 0;
}

function asInteger({ quantity: { nanos }, isWhole }: CelQuantity): bigint | undefined {
  if (!isWhole || nanos % NANO !== 0n) return undefined;
  const value = nanos / NANO;
  return value > INT_MAX || value < INT_MIN ? undefined : value;
}

function of(apply: (one: CelQuantity) => Value): CelFunction {
  return ([one]) => (one instanceof CelQuantity ? apply(one) : undefined);
}

function ofTwo(apply: (one: CelQuantity, other: CelQuantity) => Value): CelFunction {
  return ([one, other]) => (one instanceof CelQuantity && other instanceof CelQuantity ? apply(one, other) : undefined);
}

function changed(apply: (one: Quantity, other: Quantity) => Quantity): CelFunction {
  return ([one, other]) => {
    if (!(one instanceof CelQuantity)) return undefined;
    if (typeof other === 'bigint') return new CelQuantity(apply(one.quantity, { nanos: other * NANO, format: 'DecimalExponent' }), one.isWhole);
    return other instanceof CelQuantity ? new CelQuantity(apply(one.quantity, other.quantity), one.isWhole && other.isWhole) : undefined;
  };
}
