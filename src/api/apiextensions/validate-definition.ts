import { jsonEqual } from '../../base/index.ts';
import { type FieldError, invalid, notSupported, required } from '../field-error.ts';
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../names.ts';
import { immutableFieldText, nameIsDnsSubdomain, validateObjectMetaUpdate } from '../core/object-meta.ts';
import { validateApproval } from './api-approval.ts';
import { isConditionTrue } from './conditions.ts';
import { goVersions } from './go-form.ts';
import { validatePlainMeta } from './plain-meta.ts';
import { type RuleChecks, rulesForNew, rulesForUpdate, type ValidationOptions } from './validation-options.ts';
import { someSchema } from './schema-walk.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionNames, CustomResourceDefinitionStatus, CustomResourceDefinitionVersion, JsonSchemaProps } from './types.ts';
import { type UnifiedSpec, unifiedSpec } from './unified-spec.ts';
import { validateConversion } from './validate-conversion.ts';
import { validateColumn, validateDeprecationWarning, validateSelectableFields, validateSubresources } from './validate-version.ts';
import { validateSchema } from './validate-schema.ts';

/** Kubernetes: apiextensions validation, ValidateCustomResourceDefinition. */
export function validateDefinition(definition: CustomResourceDefinition, ruleChecks?: RuleChecks): readonly FieldError[] {
  const { plural } = definition.spec.names;
  const wanted = `${plural}.${definition.spec.group}`;
  const errors = validatePlainMeta(definition.metadata, false, (name, isPrefix) => {
    const texts = nameIsDnsSubdomain(name, isPrefix);
    return name === wanted ? texts : [...texts, 'must be spec.names.plural+"."+spec.group'];
  });
  validateSpec(unifiedSpec(definition.spec), rulesForNew(ruleChecks), errors);
  validateRest(definition, undefined, errors);
  return errors;
}

/** Kubernetes: apiextensions validation, ValidateCustomResourceDefinitionUpdate. */
export function validateDefinitionUpdate(next: CustomResourceDefinition, old: CustomResourceDefinition, ruleChecks?: RuleChecks): readonly FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  const spec = unifiedSpec(next.spec);
  const oldSpec = unifiedSpec(old.spec);
  const options = rulesForUpdate(spec, oldSpec, isConditionTrue(old, 'Established'), ruleChecks);
  // What was valid and has not changed still is.
  if (!jsonEqual(next.spec, old.spec)) validateSpec(spec, options, errors);
  if (options.requireImmutableNames) {
    immutable(spec.scope, oldSpec.scope, 'spec.scope', errors);
    immutable(spec.names.kind, oldSpec.names.kind, 'spec.names.kind', errors);
  }
  immutable(spec.group, oldSpec.group, 'spec.group', errors);
  immutable(spec.names.plural, oldSpec.names.plural, 'spec.names.plural', errors);
  validateRest(next, old, errors);
  return errors;
}

/** Kubernetes: apiextensions validation, ValidateUpdateCustomResourceDefinitionStatus. */
export function validateDefinitionStatusUpdate(next: CustomResourceDefinition, old: CustomResourceDefinition): readonly FieldError[] {
  const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
  validateStatus(next.status, errors);
  return errors;
}

function immutable(next: string, old: string, path: string, errors: FieldError[]): void {
  if (next !== old) errors.push(invalid(path, next, immutableFieldText));
}

function validateRest(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined, errors: FieldError[]): void {
  validateStatus(definition.status, errors);
  validateStoredVersions(definition.status?.storedVersions ?? [], definition.spec.versions, errors);
  validateApproval(definition, old, errors);
  if (old?.spec.preserveUnknownFields !== true && definition.spec.preserveUnknownFields === true) {
    errors.push(invalid('spec.preserveUnknownFields', true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'));
  }
}

function validateStatus(status: CustomResourceDefinitionStatus | undefined, errors: FieldError[]): void {
  if (status?.acceptedNames !== undefined) validateNames(status.acceptedNames, 'status.acceptedNames', errors);
}

/** Kubernetes: ValidateCustomResourceDefinitionStoredVersions. */
function validateStoredVersions(stored: readonly string[], versions: readonly CustomResourceDefinitionVersion[], errors: FieldError[]): void {
  const path = 'status.storedVersions';
  if (stored.length === 0) {
    errors.push(invalid(path, null, 'must have at least one stored version'));
    return;
  }
  for (const { name, storage } of versions) {
    if (storage && !stored.includes(name)) errors.push(invalid(path, stored, `must have the storage version ${name}`));
  }
  stored.forEach((name, index) => {
    if (stored.lastIndexOf(name) !== index || versions.some((version) => version.name === name)) return;
    errors.push(invalid(`${path}[${index}]`, name, `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`));
  });
}

/** Kubernetes: validateCustomResourceDefinitionSpec. */
function validateSpec(spec: UnifiedSpec, given: ValidationOptions, errors: FieldError[]): void {
  validateGroup(spec.group, errors);
  if (spec.scope === '') errors.push(required('spec.scope'));
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') errors.push(notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  const options = withSchemaDemands(spec, given, errors);

  let storageCount = 0;
  const names = new Set<string>();
  spec.versions.forEach((version, index) => {
    const path = `spec.versions[${index}]`;
    if (version.storage) storageCount++;
    names.add(version.name);
    const texts = dns1035LabelErrors(version.name);
    if (texts.length > 0) errors.push(invalid(`${path}.name`, version.name, texts.join(',')));
    for (const text of validateDeprecationWarning(version.deprecated === true, version.deprecationWarning)) {
      errors.push(invalid(`${path}.deprecationWarning`, version.deprecationWarning, text));
    }
    const ownSubresources = spec.subresources === undefined ? version.subresources : spec.subresources;
    const versionOptions = options.unchangedVersions.has(version.name) ? { ...options, suppressPerExpressionCost: true } : options;
    validateSchema(version.schema?.openAPIV3Schema, ownSubresources?.status !== undefined, versionOptions, `${path}.schema`, errors);
    validateSubresources(version.subresources, `${path}.subresources`, errors);
    version.additionalPrinterColumns?.forEach((column, at) => validateColumn(column, `${path}.additionalPrinterColumns[${at}]`, errors));
    validateVersionFields(version.selectableFields, version.schema?.openAPIV3Schema, path, options, version.name, errors);
  });
  if (names.size < spec.versions.length) errors.push(invalid('spec.versions', goVersions(spec.versions), 'must contain unique version names'));
  if (storageCount !== 1) errors.push(invalid('spec.versions', goVersions(spec.versions), 'must have exactly one version marked as storage version'));
  if (spec.version !== '') {
    const texts = dns1035LabelErrors(spec.version);
    if (texts.length > 0) errors.push(invalid('spec.version', spec.version, texts.join(',')));
  }

  if (spec.names.plural === '') errors.push(required('spec.names.plural'));
  if (!spec.names.singular) errors.push(required('spec.names.singular'));
  if (spec.names.kind === '') errors.push(required('spec.names.kind'));
  if (!spec.names.listKind) errors.push(required('spec.names.listKind'));
  validateNames(spec.names, 'spec.names', errors);

  const anyStatus = spec.subresources?.status !== undefined || spec.versions.some(({ subresources }) => subresources?.status !== undefined);
  const sharedOptions = options.unchangedVersions.has(spec.version) ? { ...options, suppressPerExpressionCost: true } : options;
  validateSchema(spec.schema?.openAPIV3Schema, anyStatus, sharedOptions, 'spec.validation', errors);
  validateSubresources(spec.subresources, 'spec.subresources', errors);
  spec.additionalPrinterColumns?.forEach((column, at) => validateColumn(column, `spec.additionalPrinterColumns[${at}]`, errors));
  if (spec.selectableFields !== undefined && spec.selectableFields.length > 0) {
    if (spec.schema === undefined) errors.push(invalid('spec.selectableFields', '', 'may only be set when validations.schema is included'));
    else validateSelectableFields(spec.selectableFields, spec.schema.openAPIV3Schema, 'spec.selectableFields', options.tooManyFieldsAllowed.has(''), errors);
  }
  validateConversion(spec, options, errors);
}

function validateVersionFields(
  fields: readonly { readonly jsonPath: string }[] | undefined, schema: JsonSchemaProps | undefined, path: string, options: ValidationOptions, name: string, errors: FieldError[],
): void {
  if (fields === undefined || fields.length === 0) return;
  if (schema === undefined) errors.push(invalid(`${path}.selectableFields`, '', 'may only be set when `version.schema.openAPIV3Schema` is not included'));
  else validateSelectableFields(fields, schema, `${path}.selectableFields`, options.tooManyFieldsAllowed.has(name), errors);
}

function validateGroup(group: string, errors: FieldError[]): void {
  if (group === '') {
    errors.push(required('spec.group'));
    return;
  }
  const texts = dns1123SubdomainErrors(group);
  if (texts.length > 0) errors.push(invalid('spec.group', group, texts.join(',')));
  else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
}

/** What a spec asks of its schemas by what stands in it. */
function withSchemaDemands(spec: UnifiedSpec, options: ValidationOptions, errors: FieldError[]): ValidationOptions {
  const prunes = spec.preserveUnknownFields !== true;
  const roots = [spec.schema, ...spec.versions.map((version) => version.schema)].map((schema) => schema?.openAPIV3Schema);
  const some = (is: (schema: JsonSchemaProps) => boolean): boolean => roots.some((root) => someSchema(root, is));
  if (spec.schema?.openAPIV3Schema === undefined) {
    spec.versions.forEach((version, index) => {
      if (version.schema?.openAPIV3Schema !== undefined) return;
      const path = `spec.versions[${index}].schema.openAPIV3Schema`;
      if (options.requireOpenApiSchema) errors.push(required(path));
      else if (prunes && version.served) errors.push(required(path, 'because otherwise all fields are pruned'));
    });
  }
  const hasDefaults = some((schema) => schema.default !== undefined);
  if (hasDefaults && !prunes) errors.push(invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  const structural = prunes || hasDefaults || some(hasExtensions);
  return structural ? { ...options, requireStructuralSchema: true } : options;
}

function hasExtensions(schema: JsonSchemaProps): boolean {
  return schema['x-kubernetes-embedded-resource'] === true || schema['x-kubernetes-preserve-unknown-fields'] !== undefined || schema['x-kubernetes-int-or-string'] === true
    || (schema['x-kubernetes-list-map-keys'] ?? []).length > 0 || schema['x-kubernetes-list-type'] !== undefined || (schema['x-kubernetes-validations'] ?? []).length > 0;
}

/** Kubernetes: ValidateCustomResourceDefinitionNames. */
function validateNames(names: CustomResourceDefinitionNames, path: string, errors: FieldError[]): void {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const label = (value: string, at: string): void => {
    const texts = dns1035LabelErrors(value);
    if (texts.length > 0) errors.push(invalid(at, value, texts.join(',')));
  };
  const mixed = (value: string, at: string): void => {
    const texts = dns1035LabelErrors(value.toLowerCase());
    if (texts.length > 0) errors.push(invalid(at, value, `may have mixed case, but should otherwise match: ${texts.join(',')}`));
  };
  if (plural !== '') label(plural, `${path}.plural`);
  if (singular !== '') label(singular, `${path}.singular`);
  if (kind !== '') mixed(kind, `${path}.kind`);
  if (listKind !== '') mixed(listKind, `${path}.listKind`);
  shortNames.forEach((name, index) => label(name, `${path}.shortNames[${index}]`));
  if (kind !== '' && kind === listKind) errors.push(invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same'));
  categories.forEach((category, index) => label(category, `${path}.categories[${index}]`));
}
