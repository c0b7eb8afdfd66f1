import { jsonEqual } from '../../base/index.ts';
import type {
  CustomResourceColumnDefinition, CustomResourceConversion, CustomResourceDefinitionNames, CustomResourceDefinitionSpec, CustomResourceSubresources, JsonSchemaProps,
} from './types.ts';

export interface UnifiedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchemaProps };
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

/**
 * A definition's spec as upstream's rules see it: what all versions have alike stands once, above them. It decides the
 * paths in errors: spec.validation.openAPIV3Schema and not spec.versions[0].schema.openAPIV3Schema.
 */
export interface UnifiedSpec {
  readonly group: string;
  readonly names: CustomResourceDefinitionNames;
  readonly scope: string;
  /** The first version's name. */
  readonly version: string;
  readonly versions: readonly UnifiedVersion[];
  readonly conversion?: CustomResourceConversion;
  readonly preserveUnknownFields?: boolean;
  /** spec.validation. */
  readonly schema?: UnifiedVersion['schema'];
  readonly subresources?: CustomResourceSubresources;
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

const SHARED = ['subresources', 'schema', 'additionalPrinterColumns', 'selectableFields'] as const;

const known = new WeakMap<CustomResourceDefinitionSpec, UnifiedSpec>();

/** Kubernetes: Convert_v1_CustomResourceDefinitionSpec_To_apiextensions_CustomResourceDefinitionSpec. */
export function unifiedSpec(spec: CustomResourceDefinitionSpec): UnifiedSpec {
  let unified = known.get(spec);
  if (unified === undefined) {
    unified = unify(spec);
    known.set(spec, unified);
  }
  return unified;
}

function unify(spec: CustomResourceDefinitionSpec): UnifiedSpec {
  const [first] = spec.versions;
  if (first === undefined) return { ...spec, version: '' };
  const alike = SHARED.filter((field) => spec.versions.every((version) => isSame(version[field], first[field])));
  const shared = Object.fromEntries(alike.filter((field) => first[field] !== undefined).map((field) => [field, first[field]]));
  const versions = spec.versions.map((version) => Object.fromEntries(Object.entries(version).filter(([field]) => !(alike as readonly string[]).includes(field))) as unknown as UnifiedVersion);
  return { ...spec, version: first.name, versions, ...shared };
}

function isSame(a: unknown, b: unknown): boolean {
  return jsonEqual(isEmptyList(a) ? undefined : a, isEmptyList(b) ? undefined : b);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
