/** The schema of a value. One description serves decoding, patches, server-side apply, protobuf, OpenAPI and the editor. */
export type Schema = ScalarSchema | AnySchema | ListSchema | MapSchema | ObjectSchema;

export type ScalarType =
  | 'string' | 'boolean' | 'int32' | 'int64' | 'number' | 'bytes' | 'quantity' | 'int-or-string' | 'time' | 'micro-time' | 'duration';

export interface ScalarSchema {
  readonly type: ScalarType;
  /** As Go's error messages name it, e.g. int32, v1.RestartPolicy. */
  readonly goType: string;
  /** The values that are allowed; empty where any is. */
  readonly values: readonly string[];
  /** Bytes are a list in Go, and may be declared as such. */
  readonly listType?: ListType;
}

/** Any JSON: a RawExtension, an object of a custom resource without schema, a JSON Schema default. */
export interface AnySchema {
  readonly type: 'any';
  readonly goType: string;
  /** How protobuf carries it. */
  readonly encoding: 'json' | 'raw-extension' | 'fields';
}

/** How server-side apply and patches see a list. */
export type ListType = 'atomic' | 'set' | 'map';

export interface ListSchema {
  readonly type: 'list';
  readonly goType: string;
  readonly items: Schema;
  readonly listType: ListType;
  /** False where nothing says so, which makes it atomic; OpenAPI tells only what is said. */
  readonly listTypeDeclared: boolean;
  /** The fields that identify an item, where listType is 'map'. */
  readonly mapKeys: readonly string[];
  /** Strategic merge patch: true where the patch's list is merged into the object's. */
  readonly mergesPatch: boolean;
  /** Strategic merge patch: the field that identifies an item; undefined for lists of scalars. */
  readonly patchMergeKey: string | undefined;
  /** Strategic merge patch: an item's absent fields are dropped where the patch says $retainKeys. */
  readonly retainsKeys: boolean;
  /** Protobuf wraps the list in a message of its own (Verbs, ExtraValue). */
  readonly wrapped: boolean;
}

export interface MapSchema {
  readonly type: 'map';
  readonly goType: string;
  readonly values: Schema;
  /** Server-side apply: owned as a whole. */
  readonly atomic: boolean;
}

/** Group, version and kind. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Field {
  readonly name: string;
  readonly schema: Schema;
  /** Go's JSON tag has no omitempty, and nothing says that the field is optional. */
  readonly required: boolean;
  /** Written even when empty: Go's JSON tag has no omitempty. */
  readonly written: boolean;
  /** OpenAPI lists it as required: it is, or a marker says so. */
  readonly mandatory: boolean;
  /** A pointer in Go: absent and zero differ. */
  readonly pointer: boolean;
  /** 0: no protobuf. */
  readonly protobufNumber: number;
  /** Server-side apply: the value is owned as a whole (or, false, is not though its type is); undefined: as its type says. */
  readonly atomic: boolean | undefined;
  /** Strategic merge patch: absent fields are dropped where the patch says $retainKeys. */
  readonly retainsKeys: boolean;
  /** Strategic merge patch: a value of the patch takes the place of the object's. */
  readonly replacedByPatch: boolean;
  /** From the type's +default marker. */
  readonly defaultText: string | undefined;
  /** Where the schema carries its own prose; that of built-in types is apart, see loadDescriptions. */
  readonly description?: string;
}

/** A struct that is part of another in JSON, and a message of its own in protobuf. */
export interface EmbeddedStruct {
  readonly protobufNumber: number;
  readonly schema: ObjectSchema;
}

/** A struct of which one member is set. */
export interface Union {
  /** The field that says which; '' where none does. */
  readonly discriminator: string;
  /** Field to the discriminator's value, which is the field's name in Go. */
  readonly members: ReadonlyMap<string, string>;
}

export interface ObjectSchema {
  readonly type: 'object';
  /** e.g. io.k8s.api.apps.v1.DeploymentSpec */
  readonly name: string;
  /** e.g. DeploymentSpec */
  readonly shortName: string;
  /** e.g. v1.DeploymentSpec */
  readonly goType: string;
  readonly kind: GroupVersionKind | undefined;
  /** Server-side apply: owned as a whole. */
  readonly atomic: boolean;
  /** By JSON name, with those of embedded structs. */
  readonly fields: ReadonlyMap<string, Field>;
  readonly embedded: readonly EmbeddedStruct[];
  /** Fields that are filled in with their zero value where absent, as decoding into a Go struct does. */
  readonly filled: readonly Field[];
  readonly description?: string;
  /** The fields that are not in schema are kept as they are. */
  readonly preservesUnknown: boolean;
  readonly union?: Union | undefined;
}

/** The schema of a field or item below schema; undefined where there is none. A number steps into a list. */
export function childSchema(schema: Schema, step: string | number): Schema | undefined {
  if (schema.type === 'list') return schema.items;
  if (schema.type === 'map') return schema.values;
  return schema.type === 'object' ? schema.fields.get(String(step))?.schema : undefined;
}

/** Follows a path, e.g. ['spec', 'containers', 0, 'image']. */
export function schemaAt(schema: Schema, path: readonly (string | number)[]): Schema | undefined {
  let current: Schema | undefined = schema;
  for (const step of path) {
    if (current === undefined) return undefined;
    current = childSchema(current, step);
  }
  return current;
}
