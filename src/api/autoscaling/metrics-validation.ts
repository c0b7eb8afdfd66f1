import { validateContainerResourceName } from '../core/resource-names.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { dns1123LabelErrors, pathSegmentNameErrors } from '../names.ts';
import { isQuantity, parseQuantity } from '../quantity.ts';
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../types.ts';

/** What of an apiVersion is let pass. Kubernetes: CrossVersionObjectReferenceValidationOptions. */
export interface ReferenceRules {
  readonly allowEmptyGroup: boolean;
  readonly allowAnyVersion: boolean;
}

/** Kubernetes: autoscaling validation, ValidateCrossVersionObjectReference. */
export function validateReference(reference: Partial<CrossVersionObjectReference> | undefined, rules: ReferenceRules, path: string, errors: FieldError[]): void {
  for (const field of ['kind', 'name'] as const) {
    const value = reference?.[field] ?? '';
    if (value === '') errors.push(required(`${path}.${field}`));
    else for (const text of pathSegmentNameErrors(value)) errors.push(invalid(`${path}.${field}`, value, text));
  }
  const apiVersion = reference?.apiVersion ?? '';
  const text = apiVersionError(apiVersion, rules);
  if (text !== undefined) errors.push(invalid(`${path}.apiVersion`, apiVersion, text));
}

/** Kubernetes: autoscaling validation, ValidateAPIVersion. */
export function apiVersionError(apiVersion: string, rules: ReferenceRules): string | undefined {
  if (rules.allowAnyVersion) return undefined;
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const group = parts.length === 2 ? parts[0] : '';
  return group === '' && !rules.allowEmptyGroup ? 'apiVersion must specify API group' : undefined;
}

/** The type of a metric and the field that tells of it, in the order in which upstream looks at them. */
const sources = [
  ['Object', 'object'], ['External', 'external'], ['Pods', 'pods'], ['Resource', 'resource'], ['ContainerResource', 'containerResource'],
] as const;
const sourceTypes = sources.map(([type]) => type as string).sort();

/** Kubernetes: autoscaling validation, validateMetrics. */
export function validateMetrics(metrics: readonly MetricSpec[], minReplicas: number | undefined, rules: ReferenceRules, path: string, errors: FieldError[]): void {
  metrics.forEach((metric, index) => validateMetric(metric, rules, `${path}[${index}]`, errors));
  const scalesFromZero = metrics.some((metric) => metric.type === 'Object' || metric.type === 'External');
  if (minReplicas === 0 && !scalesFromZero) errors.push(forbidden(path, 'must specify at least one Object or External metric to support scaling to zero replicas'));
}

function validateMetric(metric: MetricSpec, rules: ReferenceRules, path: string, errors: FieldError[]): void {
  const type = metric.type ?? '';
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (!sourceTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, sourceTypes));
  const present = sources.map(([, field]) => field).filter((field) => metric[field]);
  const first = present[0];
  if (first !== undefined) validateSource(metric, first, rules, `${path}.${first}`, errors);
  const expected = sources.find(([name]) => name === type)?.[1];
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, sourceTypes));
  else if (!metric[expected]) errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  if (present.length === 1) return;
  for (const field of present) if (field !== expected) errors.push(forbidden(`${path}.${field}`, 'must populate the given metric source only'));
}

function validateSource(metric: MetricSpec, field: typeof sources[number][1], rules: ReferenceRules, path: string, errors: FieldError[]): void {
  if (field === 'object' && metric.object) {
    const { describedObject, metric: identifier, target = noTarget } = metric.object;
    validateReference(describedObject, rules, `${path}.describedObject`, errors);
    validateIdentifier(identifier, `${path}.metric`, errors);
    validateTarget(target, `${path}.target`, errors);
    if (target.value === undefined && target.averageValue === undefined) {
      errors.push(required(`${path}.target.averageValue`, 'must set either a target value or averageValue'));
    }
  } else if (field === 'external' && metric.external) {
    const { metric: identifier, target = noTarget } = metric.external;
    validateIdentifier(identifier, `${path}.metric`, errors);
    validateTarget(target, `${path}.target`, errors);
    const isNone = target.value === undefined && target.averageValue === undefined;
    if (isNone) errors.push(required(`${path}.target.averageValue`, 'must set either a target value for metric or a per-pod target'));
    const areBoth = target.value !== undefined && target.averageValue !== undefined;
    if (areBoth) errors.push(forbidden(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target'));
  } else if (field === 'pods' && metric.pods) {
    const { metric: identifier, target = noTarget } = metric.pods;
    validateIdentifier(identifier, `${path}.metric`, errors);
    validateTarget(target, `${path}.target`, errors);
    if (target.averageValue === undefined) errors.push(required(`${path}.target.averageValue`, 'must specify a positive target averageValue'));
  } else if (field === 'resource' && metric.resource) {
    if (!metric.resource.name) errors.push(required(`${path}.name`, 'must specify a resource name'));
    validateResourceTarget(metric.resource.target ?? noTarget, path, errors);
  } else if (metric.containerResource) {
    const { name, container } = metric.containerResource;
    if (!name) errors.push(required(`${path}.name`, 'must specify a resource name'));
    else validateContainerResourceName(name, `${path}.name`, errors);
    if (!container) errors.push(required(`${path}.container`, 'must specify a container'));
    else for (const text of dns1123LabelErrors(container)) errors.push(invalid(`${path}.container`, container, text));
    validateResourceTarget(metric.containerResource.target ?? noTarget, path, errors);
  }
}

const noTarget: MetricTarget = Object.freeze({ type: '' });

function validateResourceTarget(target: MetricTarget, path: string, errors: FieldError[]): void {
  validateTarget(target, `${path}.target`, errors);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    errors.push(required(`${path}.target.averageUtilization`, 'must set either a target raw value or a target utilization'));
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    errors.push(forbidden(`${path}.target.averageValue`, 'may not set both a target raw value and a target utilization'));
  }
}

/** Kubernetes: autoscaling validation, validateMetricTarget. */
function validateTarget(target: MetricTarget, path: string, errors: FieldError[]): void {
  const type = target.type ?? '';
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue') {
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const field of ['value', 'averageValue'] as const) {
    const text = target[field];
    if (text !== undefined && !(isQuantity(text) && parseQuantity(text).nanos > 0n)) errors.push(invalid(`${path}.${field}`, text, 'must be positive'));
  }
  const { averageUtilization } = target;
  if (averageUtilization !== undefined && averageUtilization < 1) errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
}

function validateIdentifier(identifier: MetricIdentifier | undefined, path: string, errors: FieldError[]): void {
  const name = identifier?.name ?? '';
  if (name === '') errors.push(required(`${path}.name`, 'must specify a metric name'));
  else for (const text of pathSegmentNameErrors(name)) errors.push(invalid(`${path}.name`, name, text));
}
