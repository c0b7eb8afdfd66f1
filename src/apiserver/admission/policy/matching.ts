import { type KubernetesObject, type LabelSelector, type MatchResources, type NamedRuleWithOperations, type ResourceDefinition, type Selector, selectorOf } from '../../../api/index.ts';
import type { ResourceCache } from '../../watchcache/index.ts';
import type { AdmissionAttributes, AdmissionOperation } from '../chain.ts';
import type { Equivalents } from '../webhook/hook-source.ts';
import { matchesRule } from '../webhook/hooks.ts';
import { isSelected } from '../webhook/selection.ts';

/** What a policy or binding takes in. */
export interface Constraints {
  readonly namespaceSelector: Selector | undefined;
  readonly objectSelector: Selector | undefined;
  readonly rules: readonly NamedRuleWithOperations[];
  readonly excluded: readonly NamedRuleWithOperations[];
  readonly matchesEquivalent: boolean;
}

/** A constraint made ready; undefined: everything. */
export function constraintsOf(resources: MatchResources | undefined): Constraints | undefined {
  if (resources === undefined) return undefined;
  return {
    namespaceSelector: selectorUnlessEmpty(resources.namespaceSelector), objectSelector: selectorUnlessEmpty(resources.objectSelector),
    rules: resources.resourceRules ?? [], excluded: resources.excludeResourceRules ?? [], matchesEquivalent: resources.matchPolicy === 'Equivalent',
  };
}

function selectorUnlessEmpty(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined) return undefined;
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
  return isEmpty ? undefined : selectorOf(selector);
}

/** True where a rule could take in such requests, whatever they name. */
export function couldMatch(constraints: Constraints | undefined, definition: ResourceDefinition, operation: AdmissionOperation, subresource: string, equivalents: Equivalents): boolean {
  if (constraints === undefined || constraints.rules.length === 0) return true;
  const candidates = constraints.matchesEquivalent ? [definition, ...equivalents(definition)] : [definition];
  return constraints.rules.some((rule) => candidates.some((candidate) => matchesRule(rule, candidate, operation, subresource)));
}

/** The resource as the constraints name it, or undefined where they do not take the request in. Kubernetes: policy/matching, Matcher.Matches. */
export function matchedDefinition(
  constraints: Constraints | undefined, namespaces: ResourceCache, equivalents: Equivalents, attributes: AdmissionAttributes,
  object: KubernetesObject | undefined, old: KubernetesObject | undefined,
): ResourceDefinition | undefined {
  const { definition } = attributes;
  if (constraints === undefined) return definition;
  if (!isSelected(constraints, namespaces, attributes, object, old)) return undefined;
  if (ruleMatch(constraints.excluded, constraints.matchesEquivalent, equivalents, attributes) !== undefined) return undefined;
  return constraints.rules.length === 0 ? definition : ruleMatch(constraints.rules, constraints.matchesEquivalent, equivalents, attributes);
}

function ruleMatch(
  rules: readonly NamedRuleWithOperations[], matchesEquivalent: boolean, equivalents: Equivalents, attributes: AdmissionAttributes,
): ResourceDefinition | undefined {
  const { definition, operation, subresource = '', name } = attributes;
  const namesMatch = ({ resourceNames = [] }: NamedRuleWithOperations): boolean => resourceNames.length === 0 || resourceNames.includes(name);
  if (rules.some((rule) => matchesRule(rule, definition, operation, subresource) && namesMatch(rule))) return definition;
  if (!matchesEquivalent || rules.length === 0) return undefined;
  const others = equivalents(definition).filter((other) => other !== definition && (subresource === '' || other.subresources.some((own) => own.name === subresource)));
  for (const rule of rules) {
    if (!namesMatch(rule)) continue;
    const found = others.find((other) => matchesRule(rule, other, operation, subresource));
    if (found !== undefined) return found;
  }
  return undefined;
}
