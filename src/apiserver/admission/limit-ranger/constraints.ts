import { formatQuantity, type LimitRangeItem, parseQuantity, type Quantity, type Amounts } from '../../../api/index.ts';

/** Kubernetes: resource.MaxMilliValue: up to here thousandths are compared. */
const MILLI_MAX = 9_223_372_036_854_775n;
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;

const ceil = (nanos: bigint, unit: bigint): bigint => (nanos > 0n ? (nanos + unit - 1n) / unit : nanos / unit);
const valueOf = (quantity: Quantity | undefined): bigint => ceil(quantity?.nanos ?? 0n, NANO);

/** Values at a precision that all of them have. Kubernetes: requestLimitEnforcedValues. */
function comparable(request: Quantity | undefined, limit: Quantity | undefined, enforced: Quantity): readonly [request: bigint, limit: bigint, enforced: bigint] {
  const all = [request, limit, enforced] as const;
  const unit = all.every((quantity) => valueOf(quantity) <= MILLI_MAX) ? MILLI : NANO;
  const [a, b, c] = all.map((quantity) => ceil(quantity?.nanos ?? 0n, unit));
  return [a ?? 0n, b ?? 0n, c ?? 0n];
}

/** What one item of a LimitRange finds wrong with what something asks for and may use. Kubernetes: minConstraint, maxConstraint, limitRequestRatioConstraint. */
export function violationsOf(item: LimitRangeItem, requests: Amounts, limits: Amounts): readonly string[] {
  const texts: string[] = [];
  for (const [name, enforced] of sortedEntries(item.min)) pushText(texts, minText(item.type, name, enforced, requests.get(name), limits.get(name)));
  for (const [name, enforced] of sortedEntries(item.max)) pushText(texts, maxText(item.type, name, enforced, requests.get(name), limits.get(name)));
  for (const [name, enforced] of sortedEntries(item.maxLimitRequestRatio)) pushText(texts, ratioText(item.type, name, enforced, requests.get(name), limits.get(name)));
  return texts;
}

/** Of claims only the request counts. Kubernetes: PersistentVolumeClaimValidateLimitFunc. */
export function claimViolationsOf(item: LimitRangeItem, requests: Amounts): readonly string[] {
  const texts: string[] = [];
  for (const [name, enforced] of sortedEntries(item.min)) pushText(texts, minText(item.type, name, enforced, requests.get(name), undefined));
  for (const [name, enforced] of sortedEntries(item.max)) pushText(texts, maxRequestText(item.type, name, enforced, requests.get(name)));
  return texts;
}

/** Upstream goes through maps in any order; here it is by name. */
function sortedEntries(list: Readonly<Record<string, string>> | undefined): readonly (readonly [string, Quantity])[] {
  return Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => [name, parseQuantity(text)]);
}

function pushText(texts: string[], text: string | undefined): void {
  if (text !== undefined) texts.push(text);
}

function minText(type: string, name: string, enforced: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const [asked, most, least] = comparable(request, limit, enforced);
  const text = `minimum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (request === undefined) return `${text}.  No request is specified`;
  if (asked < least) return `${text}, but request is ${formatQuantity(request)}`;
  return limit !== undefined && most < least ? `${text}, but limit is ${formatQuantity(limit)}` : undefined;
}

function maxText(type: string, name: string, enforced: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const [asked, most, allowed] = comparable(request, limit, enforced);
  const text = `maximum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (limit === undefined) return `${text}.  No limit is specified`;
  if (most > allowed) return `${text}, but limit is ${formatQuantity(limit)}`;
  return request !== undefined && asked > allowed ? `${text}, but request is ${formatQuantity(request)}` : undefined;
}

function maxRequestText(type: string, name: string, enforced: Quantity, request: Quantity | undefined): string | undefined {
  const [asked, , allowed] = comparable(request, undefined, enforced);
  const text = `maximum ${name} usage per ${type} is ${formatQuantity(enforced)}`;
  if (request === undefined) return `${text}.  No request is specified`;
  return asked > allowed ? `${text}, but request is ${formatQuantity(request)}` : undefined;
}

function ratioText(type: string, name: string, enforced: Quantity, request: Quantity | undefined, limit: Quantity | undefined): string | undefined {
  const [asked, most] = comparable(request, limit, enforced);
  const text = `${name} max limit to request ratio per ${type} is ${formatQuantity(enforced)}`;
  if (request === undefined || asked === 0n) return `${text}, but no request is specified or request is 0`;
  if (limit === undefined || most === 0n) return `${text}, but no limit is specified or limit is 0`;
  const ratio = Number(most) / Number(asked);
  const exact = valueOf(enforced) <= MILLI_MAX;
  const isAbove = exact ? ratio * 1000 > Number(ceil(enforced.nanos, MILLI)) : ratio > Number(valueOf(enforced));
  return isAbove ? `${text}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
