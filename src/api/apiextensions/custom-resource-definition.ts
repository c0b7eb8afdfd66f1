import { bumpGeneration, subresourceVerbs, withGeneration } from '../core/strategy-parts.ts';
import { defineResource } from '../core/define.ts';
import { jsonEqual } from '../../base/index.ts';
import { column, nameColumn } from '../printers/columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { withDecodedSchemas } from './decode-schemas.ts';
import { definitionWarnings } from './definition-warnings.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionSpec, CustomResourceDefinitionStatus } from './types.ts';
import type { RuleChecks } from './validation-options.ts';
import { validateDefinition, validateDefinitionStatusUpdate, validateDefinitionUpdate } from './validate-definition.ts';

/** What keeps the kinds of custom resources, with a server's checks of rules. Kubernetes: apiextensions-apiserver/pkg/registry/customresourcedefinition. */
export const customResourceDefinitionsWith = (ruleChecks?: RuleChecks): ResourceDefinition<CustomResourceDefinition> => defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  storagePrefix: '/registry/apiextensions.k8s.io/customresourcedefinitions',
  subresources: [{ name: 'status', kind: 'CustomResourceDefinition', verbs: subresourceVerbs }],
  columns: [nameColumn, column('Created At', 'date', 'When the object was created.', (definition) => definition.metadata.creationTimestamp)],
  strategy: {
    defaults: withDefaults,
    prepareForCreate: (definition) => {
      const { status: _status, ...rest } = withGeneration(definition, 1);
      return withStorageVersion({ ...rest, status: NEW_STATUS });
    },
    prepareForUpdate: (next, old) => {
      const { status: _status, ...rest } = next;
      const kept = old.status === undefined ? rest : { ...rest, status: old.status };
      return bumpGeneration(withStorageVersion(kept), old, !jsonEqual(next.spec, old.spec));
    },
    prepareForStatusUpdate: (next, old) => withGeneration({ ...next, spec: old.spec }, old.metadata.generation),
    validateCreate: (definition) => validateDefinition(definition, ruleChecks),
    validateUpdate: (next, old) => validateDefinitionUpdate(next, old, ruleChecks),
    validateStatusUpdate: validateDefinitionStatusUpdate,
    warnings: definitionWarnings,
    allowUnconditionalUpdate: false,
    allowCreateOnUpdate: false,
  },
});

/** For those who know definitions, but no CEL. */
export const customResourceDefinitions: ResourceDefinition<CustomResourceDefinition> = customResourceDefinitionsWith();

/** As Go writes it: what is required and not set is null. */
const NEW_STATUS = Object.freeze({ conditions: null, acceptedNames: Object.freeze({ plural: '', kind: '' }), storedVersions: null }) as unknown as CustomResourceDefinitionStatus;

/** Kubernetes: apiextensions/v1, SetDefaults_CustomResourceDefinition. */
function withDefaults(definition: CustomResourceDefinition): CustomResourceDefinition {
  const spec = specWithDefaults(withDecodedSchemas(definition.spec));
  const storedVersions = definition.status?.storedVersions ?? [];
  const storage = spec.versions.find((version) => version.storage);
  if (spec === definition.spec && (storedVersions.length > 0 || storage === undefined)) return definition;
  const status = storedVersions.length > 0 || storage === undefined ? definition.status : { ...definition.status, storedVersions: [storage.name] };
  return { ...definition, spec, ...(status === undefined ? {} : { status }) };
}

function specWithDefaults(spec: CustomResourceDefinitionSpec): CustomResourceDefinitionSpec {
  const { names, conversion } = spec;
  const { singular, listKind, kind } = names;
  const completeNames = singular && (listKind || !kind) ? names : {
    ...names,
    ...(singular ? {} : { singular: kind.toLowerCase() }),
    ...(listKind || !kind ? {} : { listKind: `${kind}List` }),
  };
  const service = conversion?.webhook?.clientConfig?.service;
  const completeConversion = conversion === undefined ? { strategy: 'None' }
    : service === undefined || service.port !== undefined ? conversion
      : { ...conversion, webhook: { ...conversion.webhook, clientConfig: { ...conversion.webhook?.clientConfig, service: { ...service, port: 443 } } } as NonNullable<typeof conversion.webhook> };
  return completeNames === names && completeConversion === conversion ? spec : { ...spec, names: completeNames, conversion: completeConversion };
}

/** The version that is stored from now on is among those that were. */
function withStorageVersion(definition: CustomResourceDefinition): CustomResourceDefinition {
  const storage = definition.spec.versions.find((version) => version.storage);
  const storedVersions = definition.status?.storedVersions ?? [];
  if (storage === undefined || storedVersions.includes(storage.name)) return definition;
  return { ...definition, status: { ...definition.status, storedVersions: [...storedVersions, storage.name] } };
}
