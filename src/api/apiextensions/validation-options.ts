import { jsonEqual } from '../../base/index.ts';
import type { FieldError } from '../field-error.ts';
import { caBundleProblem } from './ca-bundle.ts';
import { isStructural } from './structural/invariants.ts';
import { hasUnprunedDefaults } from './structural/validate-defaults.ts';
import { someSchema } from './schema-walk.ts';
import type { JsonSchemaProps } from './types.ts';
import type { UnifiedSpec } from './unified-spec.ts';
import { hasNonAtomicSet, mapAndSetErrors, OPEN_API_TYPES } from './schema-list-rules.ts';

/** Checks of rules in CEL, which a server has and others have not. Each gives what is wrong. */
export interface RuleChecks {
  /** The rules of a version whose schema is right otherwise. */
  ofSchema(schema: JsonSchemaProps, path: string, suppressPerExpressionCost: boolean): readonly FieldError[];
  /** A default by the rules of its own schema. */
  ofDefault(value: unknown, schema: JsonSchemaProps, path: string): readonly FieldError[];
}

/** Rules that came later do not hold for what was stored before them. Kubernetes: apiextensions validation, validationOptions. */
export interface ValidationOptions {
  readonly requireRecognizedReviewVersion: boolean;
  readonly requireImmutableNames: boolean;
  readonly requireOpenApiSchema: boolean;
  readonly requireValidType: boolean;
  readonly requireStructuralSchema: boolean;
  readonly requirePrunedDefaults: boolean;
  readonly requireAtomicSets: boolean;
  readonly requireMapKeys: boolean;
  /** Versions whose schema an update leaves as it was. */
  readonly unchangedVersions: ReadonlySet<string>;
  readonly suppressPerExpressionCost: boolean;
  /** The bundle may be one that nobody can read. */
  readonly allowInvalidCaBundle: boolean;
  /** Versions (and '' for what all have alike) that may have more selectable fields than are allowed. */
  readonly tooManyFieldsAllowed: ReadonlySet<string>;
  readonly ruleChecks: RuleChecks | undefined;
}

const NOTHING: ReadonlySet<string> = new Set();
/** Kubernetes: apiextensions validation, MaxSelectableFields. */
export const SELECTABLE_FIELDS_MAX = 8;
const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1'];

/** For a definition that is created. */
export function rulesForNew(ruleChecks: RuleChecks | undefined): ValidationOptions {
  return {
    requireRecognizedReviewVersion: true, requireImmutableNames: false, requireOpenApiSchema: true, requireValidType: true, requireStructuralSchema: true,
    requirePrunedDefaults: true, requireAtomicSets: true, requireMapKeys: true, unchangedVersions: NOTHING, suppressPerExpressionCost: false,
    allowInvalidCaBundle: true, tooManyFieldsAllowed: NOTHING, ruleChecks,
  };
}

/** For a definition that is changed. */
export function rulesForUpdate(next: UnifiedSpec, old: UnifiedSpec, established: boolean, ruleChecks: RuleChecks | undefined): ValidationOptions {
  const roots = [old.schema, ...old.versions.map((version) => version.schema)].flatMap((schema) => (schema?.openAPIV3Schema === undefined ? [] : [schema.openAPIV3Schema]));
  const none = (is: (schema: JsonSchemaProps) => boolean): boolean => !roots.some((root) => someSchema(root, is));
  const reviewVersions = old.conversion?.webhook?.conversionReviewVersions ?? [];
  return {
    requireRecognizedReviewVersion: reviewVersions.length === 0 || reviewVersions.some((version) => REVIEW_VERSIONS.includes(version)),
    requireImmutableNames: established,
    requireOpenApiSchema: old.schema?.openAPIV3Schema !== undefined || old.versions.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    requireValidType: none(({ type }) => type !== undefined && type !== '' && !OPEN_API_TYPES.includes(type)),
    requireStructuralSchema: roots.every(isStructural),
    requirePrunedDefaults: !roots.some(hasUnprunedDefaults),
    requireAtomicSets: none(hasNonAtomicSet),
    requireMapKeys: none((schema) => mapAndSetErrors(schema, '').length > 0),
    unchangedVersions: new Set(next.versions.map(({ name }) => name).filter((name) => jsonEqual(schemaOfVersion(next, name), schemaOfVersion(old, name)))),
    suppressPerExpressionCost: false,
    allowInvalidCaBundle: !established || caBundleProblem(old.conversion?.webhook?.clientConfig?.caBundle) !== undefined,
    tooManyFieldsAllowed: tooManyFieldsAllowed(next, old), ruleChecks,
  };
}

function schemaOfVersion(spec: UnifiedSpec, name: string): unknown {
  const version = spec.versions.find((each) => each.name === name);
  return version === undefined ? NOTHING : spec.schema ?? version.schema;
}

function tooManyFieldsAllowed(next: UnifiedSpec, old: UnifiedSpec): ReadonlySet<string> {
  const allowed = new Set<string>();
  const note = (name: string, before: readonly object[] = [], after: readonly object[] = []): void => {
    if (before.length > SELECTABLE_FIELDS_MAX && jsonEqual(before, after)) allowed.add(name);
  };
  note('', old.selectableFields, next.selectableFields);
  for (const version of next.versions) note(version.name, old.versions.find(({ name }) => name === version.name)?.selectableFields, version.selectableFields);
  return allowed;
}
