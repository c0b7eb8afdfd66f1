import { invalid, required, type FieldError } from '../field-error.ts';
import { ageColumn, column, nameColumn } from '../printers/columns.ts';
import { compareQuantities, isQuantity, parseQuantity } from '../quantity.ts';
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus, ScopedResourceSelectorRequirement } from '../types.ts';
import { defineResource, statusSubresource } from './define.ts';
import { immutableFieldText, nameIsDnsSubdomain, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { defaultResourceList } from './pod-spec/resource-defaults.ts';
import { validateResourceQuantity } from './pod-spec/resources.ts';
import { isStandardQuotaResource, validateQuotaResourceName } from './resource-names.ts';
import { withoutStatus, withSpecOf, withStatusOf } from './strategy-parts.ts';

/** Kubernetes: pkg/registry/core/resourcequota. */
export const resourceQuotas = defineResource<ResourceQuota>({
  group: '', resource: 'resourcequotas', kind: 'ResourceQuota', namespaced: true, shortNames: ['quota'], schema: 'io.k8s.api.core.v1.ResourceQuota',
  subresources: [statusSubresource('ResourceQuota')],
  columns: [
    nameColumn,
    column('Request', 'string', 'What is in use of what may be asked for.', (quota) => usedText(quota.status, false)),
    column('Limit', 'string', 'What is in use of what limits may add up to.', (quota) => usedText(quota.status, true)),
    ageColumn,
  ],
  strategy: {
    defaults: defaultQuota,
    prepareForCreate: (quota) => ({ ...withoutStatus(quota), status: {} }),
    prepareForUpdate: withStatusOf,
    validateCreate(quota) {
      const errors = validateObjectMeta(quota.metadata, true, nameIsDnsSubdomain);
      validateSpec(quota.spec ?? {}, errors);
      return errors;
    },
    validateUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (next.spec === old.spec) return errors;
      validateSpec(next.spec ?? {}, errors);
      const before = new Set(old.spec?.scopes);
      const after = new Set(next.spec?.scopes);
      if (before.size !== after.size || [...before].some((scope) => !after.has(scope))) {
        errors.push(invalid('spec.scopes', next.spec.scopes ?? null, immutableFieldText));
      }
      return errors;
    },
    prepareForStatusUpdate: withSpecOf,
    validateStatusUpdate(next, old) {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      if (!next.metadata.resourceVersion) errors.push(required('resourceVersion'));
      for (const list of ['hard', 'used'] as const) validateAmounts(next.status?.[list], `status.${list}`, errors);
      return errors;
    },
    warnings: quotaWarnings,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
  },
});

type ResourceList = Readonly<Record<string, string>>;

function defaultQuota(quota: ResourceQuota): ResourceQuota {
  const hard = quota.spec?.hard && defaultResourceList(quota.spec.hard);
  const status = quota.status && defaultStatus(quota.status);
  if (hard === quota.spec?.hard && status === quota.status && quota.spec !== undefined) return quota;
  return { ...quota, spec: { ...quota.spec, ...(hard ? { hard } : {}) }, ...(status ? { status } : {}) };
}

function defaultStatus(status: ResourceQuotaStatus): ResourceQuotaStatus {
  const hard = status.hard && defaultResourceList(status.hard);
  const used = status.used && defaultResourceList(status.used);
  return hard === status.hard && used === status.used ? status : { ...status, ...(hard ? { hard } : {}), ...(used ? { used } : {}) };
}

/** Kubernetes: core validation, ValidateResourceQuotaSpec. */
function validateSpec(spec: ResourceQuotaSpec, errors: FieldError[]): void {
  validateAmounts(spec.hard, 'spec.hard', errors);
  const hard = Object.keys(spec.hard ?? {}).sort();
  const { scopes = [] } = spec;
  for (const scope of scopes) {
    if (!allScopes.has(scope)) errors.push(invalid('spec.scopes', scopes, 'unsupported scope'));
    for (const name of hard) {
      if (isStandardQuotaResource(name) && !fitsScope(scope, name)) errors.push(invalid('spec.scopes', scopes, 'unsupported scope applied to resource'));
    }
  }
  validatePairs(scopes, 'spec.scopes', scopes, errors);
  if (spec.scopeSelector) validateScopeSelector(spec, hard, errors);
}

function validateAmounts(list: ResourceList | undefined, path: string, errors: FieldError[]): void {
  for (const [name, text] of Object.entries(list ?? {})) {
    validateQuotaResourceName(name, `${path}[${name}]`, errors);
    validateResourceQuantity(name, text, `${path}[${name}]`, errors);
  }
}

const podResources = new Set(['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']);
const bestEffortResources = new Set(['pods']);
const claimResources = new Set(['persistentvolumeclaims', 'requests.storage']);

/** Which resources can be counted within a scope. Kubernetes: core helper, IsResourceQuotaScopeValidForResource. */
const allScopes: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Terminating', podResources], ['NotTerminating', podResources], ['NotBestEffort', podResources], ['PriorityClass', podResources],
  ['CrossNamespacePodAffinity', podResources], ['BestEffort', bestEffortResources], ['VolumeAttributesClass', claimResources],
]);

function fitsScope(scope: string, name: string): boolean {
  return allScopes.get(scope)?.has(name) ?? true;
}

/** Kubernetes: core validation, validateScopedResourceSelectorRequirement. */
function validateScopeSelector(spec: ResourceQuotaSpec, hard: readonly string[], errors: FieldError[]): void {
  const path = 'spec.scopeSelector.matchExpressions';
  const expressions = spec.scopeSelector?.matchExpressions ?? [];
  for (const expression of expressions) {
    const scope = expression.scopeName ?? '';
    if (!allScopes.has(scope)) errors.push(invalid(`${path}.scopeName`, scope, 'unsupported scope'));
    for (const name of hard) {
      if (isStandardQuotaResource(name) && !fitsScope(scope, name)) errors.push(invalid(path, spec.scopeSelector, 'unsupported scope applied to resource'));
    }
    validateOperator(expression, path, errors);
  }
  validatePairs(expressions.map((expression) => expression.scopeName), path, spec.scopes ?? null, errors);
}

const existsOnly = new Set(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']);
const existsOnlyText = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function validateOperator({ scopeName, operator = '', values = [] }: ScopedResourceSelectorRequirement, path: string, errors: FieldError[]): void {
  if (existsOnly.has(scopeName) && operator !== 'Exists') errors.push(invalid(`${path}.operator`, operator, existsOnlyText));
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) errors.push(required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) errors.push(invalid(`${path}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
  } else {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
}

function validatePairs(scopes: readonly string[], path: string, value: unknown, errors: FieldError[]): void {
  for (const [one, other] of [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const) {
    if (scopes.includes(one) && scopes.includes(other)) errors.push(invalid(path, value, 'conflicting scopes'));
  }
}

/** Kubernetes: resourcequotaStrategy.WarningsOnCreate. */
function quotaWarnings(quota: ResourceQuota): readonly string[] {
  const hard = quota.spec?.hard ?? {};
  const warnings: string[] = [];
  for (const name of ['cpu', 'memory', 'storage', 'ephemeral-storage']) {
    const hasPlainName = name === 'cpu' || name === 'memory';
    const requestName = hard[`requests.${name}`] === undefined && hasPlainName ? name : `requests.${name}`;
    const request = hard[requestName];
    const limit = hard[`limits.${name}`];
    if (request === undefined || limit === undefined || !isQuantity(request) || !isQuantity(limit)) continue;
    if (compareQuantities(parseQuantity(request), parseQuantity(limit)) > 0) {
      warnings.push(`ResourceQuota ${requestName} (${request}) should be less than limits.${name} (${limit})`);
    }
  }
  return warnings;
}

/** Kubernetes: printers, printResourceQuota. */
function usedText(status: ResourceQuotaStatus | undefined, ofLimits: boolean): string {
  const names = Object.keys(status?.hard ?? {}).sort().filter((name) => name.startsWith('limits.') === ofLimits);
  return names.map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${status?.hard?.[name] ?? '0'}`).join(', ');
}
