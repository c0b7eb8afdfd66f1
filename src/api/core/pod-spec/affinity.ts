import { forbidden, invalid, required, type FieldError } from '../../field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors, labelValueErrors } from '../../names.ts';
import type { Affinity, LabelSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, WeightedPodAffinityTerm } from '../../types.ts';
import { validateLabelName, validateLabelSelector } from '../object-meta.ts';

const requiredField = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredField = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Kubernetes: core validation, validateAffinity. */
export function validateAffinity(affinity: Affinity, path: string, errors: FieldError[]): void {
  const nodes = affinity.nodeAffinity;
  if (nodes?.[requiredField]) {
    const at = `${path}.nodeAffinity.${requiredField}.nodeSelectorTerms`;
    const terms = nodes[requiredField].nodeSelectorTerms ?? [];
    if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'));
    terms.forEach((term, index) => validateNodeTerm(term, `${at}[${index}]`, errors, true));
  }
  nodes?.[preferredField]?.forEach((term, index) => {
    const at = `${path}.nodeAffinity.${preferredField}[${index}]`;
    validateWeight(term.weight, at, errors);
    validateNodeTerm(term.preference ?? {}, `${at}.preference`, errors, false);
  });
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    affinity[kind]?.[requiredField]?.forEach((term, index) => validatePodTerm(term, `${path}.${kind}.${requiredField}[${index}]`, errors));
    affinity[kind]?.[preferredField]?.forEach((term: WeightedPodAffinityTerm, index) => {
      const at = `${path}.${kind}.${preferredField}[${index}]`;
      validateWeight(term.weight, at, errors);
      validatePodTerm(term.podAffinityTerm, `${at}.podAffinityTerm`, errors);
    });
  }
}

function validateWeight(weight: number | undefined, path: string, errors: FieldError[]): void {
  const value = weight ?? 0;
  if (value <= 0 || value > 100) errors.push(invalid(`${path}.weight`, value, 'must be in the range 1-100'));
}

/** Kubernetes: core validation, ValidateNodeSelectorTerm. */
export function validateNodeTerm(term: NodeSelectorTerm, path: string, errors: FieldError[], checkValues: boolean): void {
  term.matchExpressions?.forEach((requirement, index) => validateNodeRequirement(requirement, `${path}.matchExpressions[${index}]`, errors, checkValues));
  term.matchFields?.forEach((requirement, index) => validateNodeField(requirement, `${path}.matchFields[${index}]`, errors));
}

function validateNodeRequirement(requirement: NodeSelectorRequirement, path: string, errors: FieldError[], checkValues: boolean): void {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalid(`${path}.operator`, requirement.operator ?? '', 'not a valid selector operator'));
  }
  validateLabelName(requirement.key ?? '', `${path}.key`, errors);
  if (!checkValues) return;
  values.forEach((value, index) => {
    for (const text of labelValueErrors(value)) errors.push(invalid(`${path}.values[${index}]`, value, text));
  });
}

function validateNodeField(requirement: NodeSelectorRequirement, path: string, errors: FieldError[]): void {
  const values = requirement.values ?? [];
  if (requirement.operator === 'In' || requirement.operator === 'NotIn') {
    if (values.length !== 1) errors.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  } else {
    errors.push(invalid(`${path}.operator`, requirement.operator ?? '', 'not a valid selector operator'));
  }
  if (requirement.key !== 'metadata.name') {
    errors.push(invalid(`${path}.key`, requirement.key ?? '', 'not a valid field selector key'));
    return;
  }
  values.forEach((value, index) => {
    for (const text of dns1123SubdomainErrors(value)) errors.push(invalid(`${path}.values[${index}]`, value, text));
  });
}

/** Kubernetes: core validation, validatePodAffinityTerm. */
function validatePodTerm(term: PodAffinityTerm, path: string, errors: FieldError[]): void {
  if (term.labelSelector) validateLabelSelector(term.labelSelector, `${path}.labelSelector`, errors);
  if (term.namespaceSelector) validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`, errors);
  for (const name of term.namespaces ?? []) for (const text of dns1123LabelErrors(name)) errors.push(invalid(`${path}.namespace`, name, text));
  validateKeys(term.matchLabelKeys, term.labelSelector, `${path}.matchLabelKeys`, errors);
  validateKeys(term.mismatchLabelKeys, term.labelSelector, `${path}.mismatchLabelKeys`, errors);
  term.matchLabelKeys?.forEach((key, index) => {
    if (term.mismatchLabelKeys?.includes(key)) errors.push(invalid(`${path}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  validateLabelName(term.topologyKey ?? '', `${path}.topologyKey`, errors);
}

function validateKeys(keys: readonly string[] | undefined, selector: LabelSelector | undefined, path: string, errors: FieldError[]): void {
  if (keys === undefined || keys.length === 0) return;
  if (!selector) {
    errors.push(forbidden(path, 'must not be specified when labelSelector is not set'));
    return;
  }
  keys.forEach((key, index) => validateLabelName(key, `${path}[${index}]`, errors));
}
