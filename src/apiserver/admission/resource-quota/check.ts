import {
  addAmounts, type Amounts, amountsOf, amountsText, inScope, type KubernetesObject, maskAmounts, type QuotaEvaluator, type ResourceQuota, scopeSelectorsOf,
  type ScopedResourceSelectorRequirement, StatusError, newStatusError, subtractAmounts, withoutZeros,
} from '../../../api/index.ts';
import { newForbidden } from '../../errors.ts';
import type { AdmissionAttributes } from '../chain.ts';

/** Who may not be used unless a quota covers it. Kubernetes: resourcequota's LimitedResource, in the plugin's configuration. */
export interface LimitedResource {
  readonly group: string;
  readonly resource: string;
  /** Parts of names of quota. */
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

/** A quota as it stands while a batch of requests is looked at. */
export interface RunningQuota {
  readonly quota: ResourceQuota;
  readonly hard: Amounts;
  readonly used: Amounts;
}

/** What one request wants. */
export interface ChargeRequest {
  readonly attributes: AdmissionAttributes;
  readonly evaluator: QuotaEvaluator;
  readonly object: KubernetesObject;
  readonly old: KubernetesObject | undefined;
}

/** A quota as its status has it. */
export function runningQuota(quota: ResourceQuota): RunningQuota {
  return { quota, hard: amountsOf(quota.status?.hard), used: amountsOf(quota.status?.used) };
}

/**
 * The quotas as they would be with the request in; the very same array where it costs nothing. Throws where it does not
 * fit. Kubernetes: apiserver/pkg/admission/plugin/resourcequota, CheckRequest.
 */
export function checkRequest(quotas: readonly RunningQuota[], request: ChargeRequest, limited: readonly LimitedResource[], nowMs: number): readonly RunningQuota[] {
  const { attributes, evaluator, object } = request;
  const { group, resource } = attributes.definition;
  const refuse = (why: string): StatusError => newForbidden(attributes.definition, attributes.name, why);
  const limitedScopes = limited.flatMap(({ matchScopes = [] }) => matchScopes.filter((selector) => evaluator.matchesScope?.(selector, object)));
  const ofResource = limited.filter((each) => each.group === group && each.resource === resource);
  const limitedNames = ofResource.length === 0 ? [] : limitedByDefault(evaluator.usage(object, nowMs), ofResource);

  const interesting: number[] = [];
  const restrictedNames = new Set<string>();
  const restrictedScopes = new Set<string>();
  for (const [index, { quota, hard, used }] of quotas.entries()) {
    for (const selector of scopeSelectorsOf(quota)) if (evaluator.matchesScope?.(selector, object)) restrictedScopes.add(selector.scopeName);
    const names = evaluator.matchingResources([...hard.keys()]);
    if (names.length === 0 || !inScope(evaluator, quota, object)) continue;
    const lacks = evaluator.lacks?.(names, object);
    if (lacks !== undefined) throw refuse(`failed quota: ${quota.metadata.name}: ${lacks}`);
    if (names.some((name) => !used.has(name))) throw refuse(`status unknown for quota: ${quota.metadata.name}, resources: ${[...names].sort().join(',')}`);
    interesting.push(index);
    for (const name of names) restrictedNames.add(name);
  }

  const usage = evaluator.usage(object, nowMs);
  const negative = [...usage].filter(([, { nanos }]) => nanos < 0n).map(([name]) => name).sort();
  if (negative.length > 0) throw refuse(`quota usage is negative for resource(s): ${negative.join(',')}`);
  const deltas = deltasOf(request, quotas, interesting, usage, nowMs);
  if (deltas.length === 0) return quotas;

  const uncovered = limitedNames.filter((name) => !restrictedNames.has(name)).sort();
  if (uncovered.length > 0) throw refuse(`insufficient quota to consume: ${[...new Set(uncovered)].join(',')}`);
  const uncoveredScopes = limitedScopes.filter(({ scopeName }) => !restrictedScopes.has(scopeName));
  if (uncoveredScopes.length > 0) throw newStatusError(500, '', `insufficient quota to match these scopes: [${uncoveredScopes.map(scopeText).join(' ')}]`);
  if (interesting.length === 0) return quotas;

  const next = [...quotas];
  for (const [index, delta] of deltas) {
    const running = quotas[index] as RunningQuota;
    const requested = maskAmounts(delta, running.hard.keys());
    const used = addAmounts(running.used, requested);
    if (attributes.subresource !== 'status') checkFits(running, requested, used, refuse);
    next[index] = { ...running, used };
  }
  return next;
}

/** What each quota that matters is charged, where that is anything; -1 stands for none of them. */
function deltasOf(
  { attributes, evaluator, old }: ChargeRequest, quotas: readonly RunningQuota[], interesting: readonly number[], usage: Amounts, nowMs: number,
): readonly (readonly [index: number, delta: Amounts])[] {
  const change = old === undefined ? usage : subtractAmounts(usage, evaluator.usage(old, nowMs));
  const indexes = interesting.length > 0 ? interesting : [-1];
  return indexes.flatMap((index) => {
    const running = quotas[index];
    // What was not under this quota before costs all of it now.
    const covered = attributes.operation === 'UPDATE' && old !== undefined
      && (running === undefined || (evaluator.matchingResources([...running.hard.keys()]).length > 0 && inScope(evaluator, running.quota, old)));
    const delta = withoutZeros(covered ? change : usage);
    return delta.size === 0 ? [] : [[index, delta] as const];
  });
}

function checkFits({ quota, hard, used }: RunningQuota, requested: Amounts, wanted: Amounts, refuse: (why: string) => StatusError): void {
  const exceeded = [...requested.keys()].filter((name) => (wanted.get(name)?.nanos ?? 0n) > (hard.get(name)?.nanos ?? 0n));
  if (exceeded.length === 0) return;
  const text = (amounts: Amounts) => amountsText(maskAmounts(amounts, exceeded));
  throw refuse(`exceeded quota: ${quota.metadata.name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`);
}

function limitedByDefault(usage: Amounts, limited: readonly LimitedResource[]): readonly string[] {
  return limited.flatMap(({ matchContains = [] }) => [...usage].filter(([name, { nanos }]) => nanos > 0n && matchContains.some((part) => name.includes(part))).map(([name]) => name));
}

/** As Go prints a struct. */
function scopeText({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): string {
  return `{${scopeName} ${operator} [${values.join(' ')}]}`;
}
