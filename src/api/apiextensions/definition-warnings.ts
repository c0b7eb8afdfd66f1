import { schemasIn } from './schema-walk.ts';
import { unifiedSpec } from './unified-spec.ts';
import type { CustomResourceDefinition } from './types.ts';
import { isSupportedFormat } from './values/formats.ts';

/** Formats that nobody checks; on an update those which are new. Kubernetes: customresourcedefinition strategy, WarningsOnCreate and WarningsOnUpdate. */
export function definitionWarnings(definition: CustomResourceDefinition, old?: CustomResourceDefinition): readonly string[] {
  if (old !== undefined && old.spec === definition.spec) return [];
  const before = new Set(old === undefined ? [] : unknownFormats(old));
  return unknownFormats(definition).filter((format) => !before.has(format)).map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats({ spec }: CustomResourceDefinition): readonly string[] {
  const { schema, versions } = unifiedSpec(spec);
  const formats: string[] = [];
  for (const root of [schema, ...versions.map((version) => version.schema)]) {
    if (root?.openAPIV3Schema === undefined) continue;
    for (const { format, type = '' } of schemasIn(root.openAPIV3Schema)) {
      if (format !== undefined && format !== '' && !isSupportedFormat(format, type)) formats.push(format);
    }
  }
  return formats;
}
