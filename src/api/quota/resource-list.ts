import { addQuantities, compareQuantities, formatQuantity, parseQuantity, type Quantity, subtractQuantities } from '../quantity.ts';

/** Amounts by the name of what they are of. Kubernetes: corev1.ResourceList. */
export type Amounts = ReadonlyMap<string, Quantity>;

/** The zero of counts. */
export const ZERO: Quantity = Object.freeze({ nanos: 0n, format: 'DecimalSI' });

/** The amounts of an object's list. Throws QuantityError. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

/** Amounts as an object has them, by name. */
export function amountsList(amounts: Amounts): Readonly<Record<string, string>> {
  return Object.fromEntries([...amounts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/** cpu=1,memory=1Gi. Kubernetes: resourcequota, prettyPrint. */
export function amountsText(amounts: Amounts): string {
  return Object.entries(amountsList(amounts)).map(([name, text]) => `${name}=${text}`).join(',');
}

/** A count of objects. */
export function countOf(count: number): Quantity {
  return { nanos: BigInt(count) * 1_000_000_000n, format: 'DecimalSI' };
}

/** a + b. */
export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  for (const [name, quantity] of b) {
    const known = sum.get(name);
    sum.set(name, known === undefined ? quantity : addQuantities(known, quantity));
  }
  return sum;
}

/** a − b, 0 where that were negative. Kubernetes: quota.SubtractWithNonNegativeResult. */
export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const difference = new Map<string, Quantity>();
  for (const [name, quantity] of a) {
    const other = b.get(name);
    const left = other === undefined ? quantity : subtractQuantities(quantity, other);
    difference.set(name, left.nanos > 0n ? left : ZERO);
  }
  for (const name of b.keys()) if (!difference.has(name)) difference.set(name, ZERO);
  return difference;
}

/** The greater of each. */
export function maxAmounts(a: Amounts, b: Amounts): Amounts {
  const greatest = new Map(a);
  for (const [name, quantity] of b) {
    const known = greatest.get(name);
    if (known === undefined || compareQuantities(quantity, known) > 0) greatest.set(name, quantity);
  }
  return greatest;
}

/** Only the amounts of names. */
export function maskAmounts(amounts: Amounts, names: Iterable<string>): Amounts {
  const wanted = new Set(names);
  return new Map([...amounts].filter(([name]) => wanted.has(name)));
}

/** Without those of nothing. */
export function withoutZeros(amounts: Amounts): Amounts {
  return new Map([...amounts].filter(([, { nanos }]) => nanos !== 0n));
}

/** True where both have the same names with the same amounts, however they are written. */
export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { nanos }] of a) if (b.get(name)?.nanos !== nanos) return false;
  return true;
}
