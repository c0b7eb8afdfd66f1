/** The schema as the language features need it: types with fields, found by name. Pure data; where it comes from is not their business. */
export interface SchemaSource {
  /** Every kind that a manifest can have. */
  readonly kinds: readonly ManifestKind[];
  /** undefined where there is no type of that name. */
  type(name: string): SchemaType | undefined;
  /** The documentation of a type, or of one of its fields. Loaded on first use. */
  description(type: string, field?: string): Promise<string | undefined>;
}

/** A kind that a manifest can name. */
export interface ManifestKind {
  /** e.g. apps/v1 */
  readonly apiVersion: string;
  readonly kind: string;
  /** Name of the SchemaType. */
  readonly type: string;
}

export interface SchemaType {
  readonly name: string;
  readonly fields: ReadonlyMap<string, SchemaField>;
}

export interface SchemaField {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  /** The only values allowed, where they are known. */
  readonly values?: readonly string[];
}

/** What a field holds. `any` is checked for nothing. */
export type FieldType =
  | { readonly kind: 'string' | 'integer' | 'number' | 'boolean' | 'intOrString' | 'quantity' | 'time' | 'bytes' | 'any' }
  | { readonly kind: 'object'; readonly type: string }
  | { readonly kind: 'array'; readonly items: FieldType }
  | { readonly kind: 'map'; readonly values: FieldType };

/** The kind of a manifest, or undefined where the schema does not know it. */
export function findKind(schema: SchemaSource, apiVersion: string, kind: string): ManifestKind | undefined {
  return schema.kinds.find((known) => known.kind === kind && known.apiVersion === apiVersion);
}

/** A type as a reader says it: `[]Container`, `map[string]string`, `integer`. */
export function formatType(type: FieldType): string {
  switch (type.kind) {
    case 'object': return type.type.slice(type.type.lastIndexOf('.') + 1);
    case 'array': return `[]${formatType(type.items)}`;
    case 'map': return `map[string]${formatType(type.values)}`;
    case 'intOrString': return 'integer or string';
    case 'bytes': return 'base64 string';
    case 'time': return 'RFC 3339 time';
    default: return type.kind;
  }
}

/** The field that a path of keys and list indices leads to, from a kind's type; the root itself has no field. */
export function resolvePath(schema: SchemaSource, rootType: string, path: readonly (string | number)[]): ResolvedPath | undefined {
  let type: FieldType = { kind: 'object', type: rootType };
  let owner: string | undefined;
  let field: SchemaField | undefined;
  for (const step of path) {
    if (typeof step === 'number') {
      if (type.kind !== 'array') return undefined;
      type = type.items;
    } else if (type.kind === 'map') type = type.values;
    else if (type.kind === 'object') {
      const found: SchemaField | undefined = schema.type(type.type)?.fields.get(step);
      if (found === undefined) return undefined;
      owner = type.type;
      field = found;
      type = found.type;
    } else return undefined;
  }
  return { type, ...(owner === undefined || field === undefined ? {} : { owner, field }) };
}

export interface ResolvedPath {
  /** What stands at the end of the path. */
  readonly type: FieldType;
  /** The last named field on the way, and the type that has it. */
  readonly owner?: string;
  readonly field?: SchemaField;
}
