import type { KubernetesObject } from '../meta.ts';
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../types.ts';
import { addAmounts, type Amounts, countOf, maskAmounts, ZERO } from './resource-list.ts';

/** Knows what objects of one resource cost. Pure. Kubernetes: apiserver/pkg/quota/v1, Evaluator. */
export interface QuotaEvaluator {
  /** Those of a quota's names that objects of this resource count for. */
  matchingResources(names: readonly string[]): readonly string[];
  /** undefined: this resource has no scopes, so that a quota with any does not match. */
  readonly matchesScope: ((selector: ScopedResourceSelectorRequirement, object: KubernetesObject) => boolean) | undefined;
  /** What an object lacks where these names are limited: must specify cpu for: a. */
  lacks?(names: readonly string[], object: KubernetesObject): string | undefined;
  usage(object: KubernetesObject, nowMs: number): Amounts;
  /** Whether an update may change what an object costs; without it only creations and deletions do. */
  readonly updates?: {
    /** As admission asks. subresource '': the object itself. */
    admitted(subresource: string, next: KubernetesObject, old: KubernetesObject): boolean;
    /** As the controller asks: something is free again. */
    replenishes(next: KubernetesObject, old: KubernetesObject, nowMs: number): boolean;
    readonly subresources: readonly string[];
  };
}

/** count/deployments.apps, count/pods. Kubernetes: generic.ObjectCountQuotaResourceNameFor. */
export function objectCountName(group: string, resource: string): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`;
}

/** Counts objects, under the general name and an old alias. Kubernetes: generic.NewObjectCountEvaluator. */
export function objectCountEvaluator(group: string, resource: string, alias?: string): QuotaEvaluator {
  const names = alias === undefined ? [objectCountName(group, resource)] : [objectCountName(group, resource), alias];
  const usage = new Map(names.map((name) => [name, countOf(1)]));
  return { matchingResources: (given) => given.filter((name) => names.includes(name)), matchesScope: undefined, usage: () => usage };
}

/** A quota's scopes, as selectors. */
export function scopeSelectorsOf({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  const scopes = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** True where a selector on one value holds; without a value the key is not there. Kubernetes: labels.Requirement.Matches. */
export function selectorMatches({ operator, values = [] }: ScopedResourceSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}

/** True where all of a quota's scopes hold for an object. */
export function inScope(evaluator: QuotaEvaluator, quota: ResourceQuota, object: KubernetesObject): boolean {
  return scopeSelectorsOf(quota).every((selector) => evaluator.matchesScope?.(selector, object) ?? false);
}

/** One resource of a namespace, for who adds up. */
export interface CountedObjects {
  readonly evaluator: QuotaEvaluator;
  objects(): Iterable<KubernetesObject>;
}

/** What a namespace's objects use of what a quota limits. Kubernetes: quota.CalculateUsage. */
export function usageOf(quota: ResourceQuota, counted: Iterable<CountedObjects>, nowMs: number): Amounts {
  const hard = Object.keys(quota.spec?.hard ?? {});
  let used: Amounts = new Map();
  for (const { evaluator, objects } of counted) {
    const names = evaluator.matchingResources(hard);
    if (names.length === 0) continue;
    used = addAmounts(new Map(names.map((name) => [name, ZERO])), used);
    for (const object of objects()) {
      if (inScope(evaluator, quota, object)) used = addAmounts(used, maskAmounts(evaluator.usage(object, nowMs), names));
    }
  }
  return used;
}
