import type { ObjectSchema } from './schema.ts';
import { builtInNames, builtInSchema, builtInSchemaOfKind } from './structure.ts';

// Kinds that Drydock itself adds (lab.drydock.dev, metrics.k8s.io) declare their schemas next to their definitions.
const added = new Map<string, ObjectSchema>();
const addedKinds = new Map<string, ObjectSchema>();

/** Makes a schema known by its name and kind. For kinds that are part of the program; custom resources belong to one API server, which keeps theirs itself. */
export function addSchema(schema: ObjectSchema): ObjectSchema {
  added.set(schema.name, schema);
  if (schema.kind !== undefined) addedKinds.set(`${schema.kind.group}/${schema.kind.version}/${schema.kind.kind}`, schema);
  return schema;
}

/** The definition of a full name, e.g. io.k8s.api.core.v1.Pod; undefined where there is none. */
export function schemaOf(name: string): ObjectSchema | undefined {
  return builtInSchema(name) ?? added.get(name);
}

/** The definition of a kind; undefined where there is none. */
export function schemaOfKind(group: string, version: string, kind: string): ObjectSchema | undefined {
  return builtInSchemaOfKind(group, version, kind) ?? addedKinds.get(`${group}/${version}/${kind}`);
}

/** The names of all definitions. */
export function schemaNames(): readonly string[] {
  return [...builtInNames(), ...added.keys()];
}
