import {
  type LabelSelector, type MatchCondition, type MutatingWebhook, type ResourceDefinition, type RuleWithOperations, type Selector, selectorOf, type ValidatingWebhook,
  type WebhookClientConfig,
} from '../../../api/index.ts';
import type { AdmissionOperation } from '../chain.ts';
import type { CompiledExpression } from '../policy/compile-expression.ts';
import { compileMatchConditions } from '../policy/match-conditions.ts';

/** One webhook of a configuration, ready to be asked. */
export interface Hook {
  /** Configuration, name and how many of that name stand before it; what upstream tells webhooks apart by. */
  readonly uid: string;
  readonly name: string;
  readonly configuration: string;
  readonly client: WebhookClientConfig;
  readonly rules: readonly RuleWithOperations[];
  readonly matchesEquivalent: boolean;
  /** undefined: all. */
  readonly namespaceSelector: Selector | undefined;
  readonly objectSelector: Selector | undefined;
  /** Compiled when they are first asked for. */
  readonly conditions: () => readonly CompiledExpression[];
  readonly hasConditions: boolean;
  readonly ignoresFailure: boolean;
  /** It may be called for a request that is only tried out. */
  readonly takesDryRun: boolean;
  readonly timeoutMs: number;
  readonly reviewVersion: 'v1' | 'v1beta1' | undefined;
  readonly isReinvoked: boolean;
}

const DEFAULT_TIMEOUT_SECONDS = 10;

/** The webhooks of one configuration, in its order. Its objects have their defaults. */
export function hooksOf(configuration: string, webhooks: readonly (ValidatingWebhook | MutatingWebhook)[]): readonly Hook[] {
  const counts = new Map<string, number>();
  return webhooks.map((webhook) => {
    const { name } = webhook;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return {
      uid: `${configuration}/${name}/${count}`, name, configuration, client: webhook.clientConfig, rules: webhook.rules ?? [],
      matchesEquivalent: webhook.matchPolicy === 'Equivalent', namespaceSelector: selectorUnlessEmpty(webhook.namespaceSelector),
      objectSelector: selectorUnlessEmpty(webhook.objectSelector), conditions: once(webhook.matchConditions ?? []), hasConditions: (webhook.matchConditions ?? []).length > 0,
      ignoresFailure: webhook.failurePolicy === 'Ignore', takesDryRun: webhook.sideEffects === 'None' || webhook.sideEffects === 'NoneOnDryRun',
      timeoutMs: (webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000, reviewVersion: webhook.admissionReviewVersions.find(isKnownVersion),
      isReinvoked: 'reinvocationPolicy' in webhook && webhook.reinvocationPolicy === 'IfNeeded',
    };
  });
}

function once(conditions: readonly MatchCondition[]): () => readonly CompiledExpression[] {
  let compiled: readonly CompiledExpression[] | undefined;
  return () => (compiled ??= compileMatchConditions(conditions));
}

function isKnownVersion(version: string): version is 'v1' | 'v1beta1' {
  return version === 'v1' || version === 'v1beta1';
}

function selectorUnlessEmpty(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined) return undefined;
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
  return isEmpty ? undefined : selectorOf(selector);
}

/** Kubernetes: webhook/predicates/rules, Matcher. */
export function matchesRule(rule: RuleWithOperations, definition: ResourceDefinition, operation: AdmissionOperation, subresource: string): boolean {
  return matchesScope(rule.scope, definition) && includes(rule.operations, operation) && includes(rule.apiGroups, definition.group)
    && includes(rule.apiVersions, definition.version) && (rule.resources ?? []).some((entry) => matchesResource(entry, definition.resource, subresource));
}

/** A Namespace lies in none, though requests for it carry its name as theirs. */
function matchesScope(scope: string | undefined, { namespaced }: ResourceDefinition): boolean {
  return scope === undefined || scope === '*' || (scope === 'Namespaced') === namespaced;
}

function includes(items: readonly string[] | undefined, wanted: string): boolean {
  return items !== undefined && (items.includes('*') || items.includes(wanted));
}

function matchesResource(entry: string, resource: string, subresource: string): boolean {
  const slash = entry.indexOf('/');
  const first = slash < 0 ? entry : entry.slice(0, slash);
  const second = slash < 0 ? '' : entry.slice(slash + 1);
  return (first === '*' || first === resource) && (second === '*' || second === subresource);
}
