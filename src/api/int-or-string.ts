/** Kubernetes: util/intstr.IntOrString; a string is a percentage or, for ports, a name. */
export type IntOrString = number | string;

/**
 * The number that an int or a percentage of total stands for, e.g. 3, or 25% of 10 rounded up. Throws an Error with
 * upstream's text where a string is not a percentage. Kubernetes: util/intstr, GetScaledValueFromIntOrPercent.
 */
export function resolveIntOrPercent(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = parsePercent(value);
  if (typeof percent === 'string') throw new Error(`invalid value for IntOrString: ${percent}`);
  const exact = (percent * total) / 100;
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

/** The number before the percent sign of e.g. 25%; or, where there is none, the text that says so. */
function parsePercent(text: string): number | string {
  if (!text.endsWith('%')) return 'invalid type: string is not a percentage';
  const digits = text.slice(0, -1);
  if (!/^[+-]?\d+$/.test(digits)) return `invalid value ${JSON.stringify(text)}: strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`;
  return Number(digits);
}
