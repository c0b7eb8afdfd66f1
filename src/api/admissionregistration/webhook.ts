import { validateLabelSelector, validateObjectMeta, nameIsDnsSubdomain } from '../core/object-meta.ts';
import { sameValue } from '../core/equality.ts';
import { bumpGeneration, mapShared, withGeneration } from '../core/strategy-parts.ts';
import type { Strategy } from '../definition.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../names.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../types.ts';
import { defaultServiceReference, validateClientConfig } from './client-config.ts';
import { validateMatchConditions } from './match-conditions.ts';
import { everything } from './match-resources.ts';
import { defaultRules, validateRuleWithOperations } from './rules.ts';
import { staticSuffixWarnings } from './static-suffix.ts';
import { failurePolicies, matchPolicies, reinvocationPolicies, validateOptional } from './supported.ts';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;
type Configuration = KubernetesObject & { readonly webhooks?: readonly Webhook[] };

const reviewVersions: readonly string[] = ['v1', 'v1beta1'];
const sideEffectClasses: readonly string[] = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const harmlessClasses: readonly string[] = ['None', 'NoneOnDryRun'];

/** What webhooks that were stored under older rules may keep. Kubernetes: admissionregistration validation, validationOptions. */
interface WebhookOptions {
  readonly ignoreMatchConditions: boolean;
  readonly noSideEffects: boolean;
  readonly recognizedReviewVersion: boolean;
  readonly uniqueNames: boolean;
  readonly anyLabelValues: boolean;
  readonly storedConditions: ReadonlySet<string>;
}

const forNewWebhooks: WebhookOptions = {
  ignoreMatchConditions: false, noSideEffects: true, recognizedReviewVersion: true, uniqueNames: true, anyLabelValues: false, storedConditions: new Set(),
};

/** The rules that both kinds of webhook configuration share; mutating ones may be called again. */
export function webhookStrategy<T extends Configuration>(mutating: boolean): Strategy<T> {
  return {
    defaults(configuration) {
      if (configuration.webhooks === undefined) return configuration;
      const webhooks = mapShared(configuration.webhooks, (webhook) => defaultWebhook(webhook, mutating));
      return webhooks === configuration.webhooks ? configuration : { ...configuration, webhooks };
    },
    prepareForCreate: (configuration) => withGeneration(configuration, 1),
    prepareForUpdate: (next, old) => bumpGeneration(next, old, !sameValue(next.webhooks, old.webhooks)),
    validateCreate: (configuration) => validateConfiguration(configuration, mutating, forNewWebhooks),
    validateUpdate: (next, old) => validateConfiguration(next, mutating, optionsForUpdate(next.webhooks ?? [], old.webhooks ?? [])),
    warnings: staticSuffixWarnings,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  };
}

/** Kubernetes: SetDefaults_ValidatingWebhook, SetDefaults_MutatingWebhook. */
function defaultWebhook(webhook: Webhook, mutating: boolean): Webhook {
  const rules = webhook.rules && defaultRules(webhook.rules);
  const service = webhook.clientConfig?.service && defaultServiceReference(webhook.clientConfig.service);
  const complete = webhook.failurePolicy !== undefined && webhook.matchPolicy !== undefined && webhook.namespaceSelector !== undefined
    && webhook.objectSelector !== undefined && webhook.timeoutSeconds !== undefined && (!mutating || webhook.reinvocationPolicy !== undefined);
  if (complete && rules === webhook.rules && service === webhook.clientConfig?.service) return webhook;
  return {
    ...webhook,
    ...(service && { clientConfig: { ...webhook.clientConfig, service } }),
    ...(rules && { rules }),
    failurePolicy: webhook.failurePolicy ?? 'Fail',
    matchPolicy: webhook.matchPolicy ?? 'Equivalent',
    namespaceSelector: webhook.namespaceSelector ?? everything,
    objectSelector: webhook.objectSelector ?? everything,
    timeoutSeconds: webhook.timeoutSeconds ?? 10,
    ...(mutating && { reinvocationPolicy: webhook.reinvocationPolicy ?? 'Never' }),
  };
}

/** Kubernetes: admissionregistration validation, validateValidatingWebhookConfiguration and its mutating twin. */
function validateConfiguration(configuration: Configuration, mutating: boolean, options: WebhookOptions): FieldError[] {
  const errors = validateObjectMeta(configuration.metadata, false, nameIsDnsSubdomain);
  const names = new Set<string>();
  configuration.webhooks?.forEach((webhook, index) => {
    const path = `webhooks[${index}]`;
    validateWebhook(webhook, path, mutating, options, errors);
    validateReviewVersions(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`, options.recognizedReviewVersion, errors);
    if (!options.uniqueNames || !webhook.name) return;
    if (names.has(webhook.name)) errors.push(duplicate(`${path}.name`, webhook.name));
    names.add(webhook.name);
  });
  return errors;
}

function validateWebhook(webhook: Webhook, path: string, mutating: boolean, options: WebhookOptions, errors: FieldError[]): void {
  validateFullyQualifiedName(webhook.name ?? '', `${path}.name`, errors);
  webhook.rules?.forEach((rule, index) => validateRuleWithOperations(rule, `${path}.rules[${index}]`, errors));
  validateOptional(webhook.failurePolicy, `${path}.failurePolicy`, failurePolicies, errors);
  validateOptional(webhook.matchPolicy, `${path}.matchPolicy`, matchPolicies, errors);
  const classes = options.noSideEffects ? harmlessClasses : sideEffectClasses;
  if (webhook.sideEffects === undefined) errors.push(required(`${path}.sideEffects`, `must specify one of ${classes.join(', ')}`));
  else if (!classes.includes(webhook.sideEffects)) errors.push(notSupported(`${path}.sideEffects`, webhook.sideEffects, classes));
  const { timeoutSeconds } = webhook;
  if (timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1)) {
    errors.push(invalid(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'));
  }
  for (const field of ['namespaceSelector', 'objectSelector'] as const) {
    const selector = webhook[field];
    if (selector === undefined) continue;
    const problems: FieldError[] = [];
    validateLabelSelector(selector, `${path}.${field}`, problems);
    for (const problem of problems) if (!options.anyLabelValues || !isLabelValue(problem.field)) errors.push(problem);
  }
  if (mutating) validateOptional(webhook.reinvocationPolicy, `${path}.reinvocationPolicy`, reinvocationPolicies, errors);
  validateClientConfig(webhook.clientConfig ?? {}, `${path}.clientConfig`, errors);
  if (!options.ignoreMatchConditions) {
    validateMatchConditions(webhook.matchConditions, `${path}.matchConditions`, { hasParams: false, stored: options.storedConditions }, errors);
  }
}

function isLabelValue(field: string): boolean {
  return /\.values\[\d+\]$/.test(field);
}

/** A domain of at least three labels. Kubernetes: validation.IsFullyQualifiedName. */
function validateFullyQualifiedName(name: string, path: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(required(path));
    return;
  }
  const problems = dns1123SubdomainErrors(name);
  if (problems.length > 0) errors.push(invalid(path, name, problems.join(',')));
  else if (name.split('.').length < 3) errors.push(invalid(path, name, 'should be a domain with at least three segments separated by dots'));
}

/** Kubernetes: admissionregistration validation, validateAdmissionReviewVersions. */
function validateReviewVersions(versions: readonly string[], path: string, recognized: boolean, errors: FieldError[]): void {
  if (versions.length === 0) {
    errors.push(required(path, `must specify one of ${reviewVersions.join(', ')}`));
    return;
  }
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    if (seen.has(version)) {
      errors.push(invalid(`${path}[${index}]`, version, 'duplicate version'));
      return;
    }
    seen.add(version);
    for (const text of dns1035LabelErrors(version)) errors.push(invalid(`${path}[${index}]`, version, text));
  });
  if (recognized && !isRecognized(versions)) errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`));
}

function isRecognized(versions: readonly string[]): boolean {
  return versions.some((version) => reviewVersions.includes(version));
}

/** Old sins stay allowed: only what all stored webhooks obey is asked of the next ones. Kubernetes: ValidateValidatingWebhookConfigurationUpdate. */
function optionsForUpdate(next: readonly Webhook[], old: readonly Webhook[]): WebhookOptions {
  return {
    ignoreMatchConditions: next.length === old.length && old.every((webhook, index) => sameValue(webhook.matchConditions, next[index]?.matchConditions)),
    noSideEffects: old.every(({ sideEffects }) => sideEffects !== undefined && harmlessClasses.includes(sideEffects)),
    recognizedReviewVersion: old.every(({ admissionReviewVersions: versions = [] }) => versions.length === 0 || isRecognized(versions)),
    uniqueNames: new Set(old.map(({ name }) => name)).size === old.length,
    anyLabelValues: old.some(hasSelectorProblem),
    storedConditions: new Set(old.flatMap(({ matchConditions = [] }) => matchConditions.map(({ expression }) => expression))),
  };
}

function hasSelectorProblem({ namespaceSelector, objectSelector }: Webhook): boolean {
  const problems: FieldError[] = [];
  if (namespaceSelector !== undefined) validateLabelSelector(namespaceSelector, '', problems);
  if (objectSelector !== undefined) validateLabelSelector(objectSelector, '', problems);
  return problems.length > 0;
}
