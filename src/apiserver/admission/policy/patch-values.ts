import { CelError, CelList, CelMap, CelOpaque, CelUint, type CelType, DYN, objectType, STRING, type StructType, type Value } from '../../../cel/index.ts';

const PATCH_FIELDS: ReadonlySet<string> = new Set(['op', 'path', 'from']);
const PATCH = objectType('JSONPatch');

/** JSONPatch{op: 'add', …}. Kubernetes: apiserver/pkg/cel/mutation, JSONPatchVal. */
export class PatchValue extends CelOpaque {
  readonly fields: ReadonlyMap<string, Value>;

  constructor(fields: ReadonlyMap<string, Value>) {
    super();
    this.fields = fields;
  }

  override get type(): CelType {
    return PATCH;
  }

  override equals(other: Value): Value {
    return other === this;
  }

  override field(name: string): Value | undefined {
    return this.fields.get(name) ?? (PATCH_FIELDS.has(name) ? '' : undefined);
  }
}

/** Object{spec: Object.spec{…}}: what is to be applied. Kubernetes: apiserver/pkg/cel/mutation/dynamic, ObjectVal. */
export class ObjectValue extends CelOpaque {
  override readonly type: CelType;
  readonly fields: ReadonlyMap<string, Value>;

  constructor(type: CelType, fields: ReadonlyMap<string, Value>) {
    super();
    this.type = type;
    this.fields = fields;
  }

  override equals(other: Value): Value {
    return other === this;
  }

  override field(name: string): Value | undefined {
    return this.fields.get(name);
  }
}

const patchStruct: StructType = {
  field: (name) => (name === 'value' ? DYN : PATCH_FIELDS.has(name) ? STRING : undefined),
  create(fields) {
    for (const [name, value] of fields) {
      if (PATCH_FIELDS.has(name) && typeof value !== 'string') return new CelError(`unexpected type for JSONPatchType '${name}' field`);
    }
    return new PatchValue(fields);
  },
};

/** The types that mutations are written with. Kubernetes: mutation.DynamicTypeResolver. */
export function mutationStruct(name: string): StructType | undefined {
  if (name === 'JSONPatch') return patchStruct;
  if (name !== 'Object' && !name.startsWith('Object.')) return undefined;
  const type = objectType(name);
  return { field: () => DYN, create: (fields) => new ObjectValue(type, fields) };
}

/** Objects have to be named by where they stand; the texts of those that are not. Kubernetes: CheckTypeNamesMatchFieldPathNames. */
export function misnamedObjects(value: Value, path = 'Object'): readonly string[] {
  if (value instanceof ObjectValue) {
    const { name } = value.type;
    const own = name === path ? [] : [`unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`];
    return [...own, ...[...value.fields].flatMap(([field, inner]) => misnamedObjects(inner, `${path}.${field}`))];
  }
  if (value instanceof CelList) return Array.from({ length: value.size }, (_unused, index) => misnamedObjects(value.get(index), path)).flat();
  if (value instanceof CelMap) return value.keys().flatMap((key) => misnamedObjects(value.find(key) ?? null, path));
  return [];
}

/** A value as JSON; undefined where JSON has nothing like it. */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof CelList) return value.raw() ?? Array.from({ length: value.size }, (_unused, index) => toJson(value.get(index)));
  if (value instanceof ObjectValue) return objectFrom([...value.fields].map(([name, inner]) => [name, toJson(inner)]));
  if (value instanceof CelMap) return value.raw() ?? objectFrom(value.keys().map((key) => [String(toJson(key)), toJson(value.find(key) ?? null)]));
  return undefined;
}

/** Names that users choose are own properties, whatever they are. */
function objectFrom(entries: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [name, value] of entries) Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}
