import { jsonEqual } from '../../base/index.ts';
import { allVerbs, bumpGeneration, subresourceVerbs, withGeneration } from '../core/strategy-parts.ts';
import { scaleSubresource } from '../core/define.ts';
import { nameIsDnsSubdomain, validateObjectMetaUpdate } from '../core/object-meta.ts';
import type { ResourceDefinition, Strategy, SubresourceDefinition } from '../definition.ts';
import { type FieldError, invalid } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import { schemaFromOpenApi, type OpenApiSchema } from '../schema/open-api.ts';
import { decodeCustomResource } from './decode-custom-resource.ts';
import { deprecationText } from './deprecation.ts';
import type { JsonObject } from './json-value.ts';
import { parseJsonPath } from './json-path.ts';
import { publishedSchema } from './published-schema.ts';
import { finalizerWarnings, validatePlainMeta } from './plain-meta.ts';
import { customColumns } from './printer-columns.ts';
import { isConditionTrue } from './conditions.ts';
import { validateScaleSpec, validateScaleStatus } from './scale-paths.ts';
import { applyDefaults } from './structural/default.ts';
import { validateEmbedded } from './structural/embedded.ts';
import { validateListTypes } from './structural/list-types.ts';
import { propertyOf } from './structural/schema-parts.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JsonSchemaProps } from './types.ts';
import { validateValue } from './values/validate-value.ts';

/** Rules in CEL of a version; old is undefined for a new object. They are only asked of objects whose schema is right so far. */
export type CheckRules = (object: KubernetesObject, old: KubernetesObject | undefined) => { readonly errors: readonly FieldError[]; readonly warnings: readonly string[] };

/** What a server adds to a version of a custom resource. */
export interface CustomResourceParts {
  readonly checkRules?: CheckRules | undefined;
  readonly conversion?: ResourceDefinition['conversion'];
}

/** The resource that a version of an established definition is. Kubernetes: apiextensions-apiserver/pkg/apiserver, customresource_handler.go. */
export function customResource(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, parts: CustomResourceParts): ResourceDefinition {
  const { group, scope, preserveUnknownFields = false } = definition.spec;
  const names = definition.status?.acceptedNames ?? definition.spec.names;
  const { kind, plural } = names;
  const schema = version.schema?.openAPIV3Schema;
  const name = `${group.split('.').reverse().join('.')}.${version.name}.${kind}`;
  const { scale } = version.subresources ?? {};
  const namespaced = scope === 'Namespaced';
  return {
    group, version: version.name, resource: plural, kind, namespaced,
    listKind: names.listKind ?? `${kind}List`,
    singular: names.singular ?? kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: allVerbs,
    schema: name,
    subresources: subresourcesOf(version, kind),
    selectableFields: selectableFieldsOf(version),
    columns: customColumns(version.additionalPrinterColumns),
    strategy: strategyOf(version, namespaced, schema, parts.checkRules),
    storagePrefix: `/registry/${group}/${plural}`,
    ...(parts.conversion === undefined ? {} : { conversion: parts.conversion }),
    ...(version.deprecated === true ? { deprecation: deprecationText(definition, version) } : {}),
    custom: {
      schema: schemaFromOpenApi(name, { group, version: version.name, kind }, (schema ?? PRESERVES) as OpenApiSchema),
      decode: (body) => decodeCustomResource(body as JsonObject, kind, version.name, schema, preserveUnknownFields),
      ...(scale === undefined ? {} : { scale }),
      terminating: isConditionTrue(definition, 'Terminating'),
      storageVersion: definition.spec.versions.find(({ storage }) => storage)?.name ?? version.name,
      openApi: (openApiVersion) => publishedSchema(schema, preserveUnknownFields, openApiVersion),
    },
  };
}

const PRESERVES: JsonSchemaProps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function subresourcesOf({ subresources }: CustomResourceDefinitionVersion, kind: string): readonly SubresourceDefinition[] {
  return [
    ...(subresources?.status === undefined ? [] : [{ name: 'status', kind, verbs: subresourceVerbs }]),
    ...(subresources?.scale === undefined ? [] : [scaleSubresource]),
  ];
}

function selectableFieldsOf({ selectableFields = [] }: CustomResourceDefinitionVersion): ResourceDefinition['selectableFields'] {
  return Object.fromEntries(selectableFields.map(({ jsonPath }) => {
    const path = parseJsonPath(jsonPath);
    return [jsonPath.replace(/^\./, ''), (object: KubernetesObject): string => {
      const value = path?.(object)[0];
      return value === undefined || value === null ? '' : String(value);
    }];
  }));
}

type Custom = KubernetesObject & { readonly status?: unknown };

/** Kubernetes: apiextensions-apiserver/pkg/registry/customresource, strategy.go and status_strategy.go. */
function strategyOf(version: CustomResourceDefinitionVersion, namespaced: boolean, schema: JsonSchemaProps | undefined, checkRules: CheckRules | undefined): Strategy<KubernetesObject> {
  const hasStatus = version.subresources?.status !== undefined;
  const scale = version.subresources?.scale;
  /** What rules let through because it has not changed, until it is told. */
  const ruleWarnings = new WeakMap<KubernetesObject, readonly string[]>();
  const statusSchema = schema === undefined ? undefined : propertyOf(schema, 'status');

  const checkAll = (object: KubernetesObject, old: KubernetesObject | undefined, errors: FieldError[]): readonly FieldError[] => {
    const value = object as unknown as JsonObject;
    if (schema !== undefined) errors.push(...validateValue(value, schema, '', old === undefined ? undefined : { value: old }));
    if (scale !== undefined) {
      validateScaleSpec(value, scale, errors);
      validateScaleStatus(value, scale, errors);
    }
    if (schema !== undefined) {
      validateEmbedded(value, schema, false, '', errors);
      checkListTypes(object, old, errors);
    }
    return withRules(object, old, errors);
  };

  /** What was no set before need not become one. */
  const checkListTypes = (object: KubernetesObject, old: KubernetesObject | undefined, errors: FieldError[]): void => {
    if (schema === undefined) return;
    const found: FieldError[] = [];
    validateListTypes(object, schema, '', found);
    if (found.length === 0) return;
    const before: FieldError[] = [];
    if (old !== undefined) validateListTypes(old, schema, '', before);
    if (before.length === 0) errors.push(...found);
  };

  const withRules = (object: KubernetesObject, old: KubernetesObject | undefined, errors: FieldError[]): readonly FieldError[] => {
    if (checkRules === undefined) return errors;
    if (errors.some(({ type }) => BLOCKING.has(type))) return [...errors, NOT_CHECKED];
    const verdict = checkRules(object, old);
    if (verdict.warnings.length > 0) ruleWarnings.set(object, verdict.warnings);
    return verdict.errors.length === 0 ? errors : [...errors, ...verdict.errors];
  };

  const strategy: Strategy<KubernetesObject> = {
    defaults: (object) => applyDefaults(object, schema) as KubernetesObject,
    prepareForCreate: (object) => {
      const next = withGeneration(object, 1);
      return hasStatus ? withStatus(next, undefined) : next;
    },
    prepareForUpdate: (next, old) => {
      const kept = hasStatus ? withStatus(next, (old as Custom).status) : next;
      return bumpGeneration(kept, old, !sameButMetadata(kept, old));
    },
    validateCreate: (object) => checkAll(object, undefined, validatePlainMeta(object.metadata, namespaced, nameIsDnsSubdomain)),
    validateUpdate: (next, old) => checkAll(next, old, validateObjectMetaUpdate(next.metadata, old.metadata)),
    warnings: (object, old) => [...ruleWarnings.get(object) ?? [], ...finalizerWarnings(object.metadata, old?.metadata)],
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  };
  if (!hasStatus) return strategy;
  return {
    ...strategy,
    prepareForStatusUpdate: (next, old) => {
      const { managedFields: _managedFields, ...metadata } = old.metadata;
      const { managedFields } = next.metadata;
      return withStatus({ ...old, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } }, (next as Custom).status);
    },
    validateStatusUpdate: (next, old) => {
      const errors = validateObjectMetaUpdate(next.metadata, old.metadata);
      const { status } = next as Custom;
      if (status !== undefined && statusSchema !== undefined) errors.push(...validateValue(status, statusSchema, 'status', { value: (old as Custom).status }));
      if (scale !== undefined) validateScaleStatus(next as unknown as JsonObject, scale, errors);
      checkListTypes(next, old, errors);
      return withRules(next, old, errors);
    },
  };
}

/** With these the rules are not asked. Kubernetes: customresource strategy, hasBlockingErr. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set<FieldError['type']>(['NotSupported', 'Required', 'TooLong', 'TooMany', 'TypeInvalid']);
const NOT_CHECKED = invalid('<nil>', null, 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation');

function withStatus(object: KubernetesObject, status: unknown): KubernetesObject {
  const custom = object as Custom;
  if (custom.status === status) return object;
  const { status: _status, ...rest } = custom;
  return status === undefined ? rest : { ...rest, status } as KubernetesObject;
}

function sameButMetadata(a: KubernetesObject, b: KubernetesObject): boolean {
  const { metadata: _a, ...left } = a;
  const { metadata: _b, ...right } = b;
  return jsonEqual(left, right);
}
