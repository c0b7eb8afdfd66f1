import { assertDefined } from '../../base/index.ts';
import { STRUCTURE } from '../generated/structure.ts';
import type { EmbeddedStruct, Field, GroupVersionKind, ListType, ObjectSchema, ScalarSchema, ScalarType, Schema, Union } from './schema.ts';

// Reads the text that scripts/generate-schema writes (the format is described there). A definition is parsed when its
// fields are first asked for, so that loading costs little more than finding the line ends.

const SCALARS: Readonly<Record<string, readonly [type: ScalarType, goType: string]>> = {
  s: ['string', 'string'], b: ['boolean', 'bool'], i: ['int32', 'int32'], l: ['int64', 'int64'], f: ['number', 'float64'], y: ['bytes', '[]uint8'],
  Q: ['quantity', 'resource.Quantity'], I: ['int-or-string', 'intstr.IntOrString'], T: ['time', 'v1.Time'], M: ['micro-time', 'v1.MicroTime'], D: ['duration', 'v1.Duration'],
};

const scalars = new Map<string, ScalarSchema>(
  Object.entries(SCALARS).map(([code, [type, goType]]) => [code, Object.freeze({ type, goType, values: [] })]),
);
const STRING = scalars.get('s') as ScalarSchema;
const BYTES = scalars.get('y') as ScalarSchema;
const ANY: Readonly<Record<string, Schema>> = {
  J: { type: 'any', goType: 'interface {}', encoding: 'json' },
  X: { type: 'any', goType: 'v1.JSON', encoding: 'json' },
  B: { type: 'any', goType: 'v1.JSONSchemaPropsOrBool', encoding: 'json' },
  A: { type: 'any', goType: 'v1.JSONSchemaPropsOrArray', encoding: 'json' },
  S: { type: 'any', goType: 'v1.JSONSchemaPropsOrStringArray', encoding: 'json' },
  R: { type: 'any', goType: 'runtime.RawExtension', encoding: 'raw-extension' },
  F: { type: 'any', goType: 'v1.FieldsV1', encoding: 'fields' },
};

interface Options {
  readonly required: boolean;
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey: string | undefined;
  readonly listType: ListType | undefined;
  readonly mapKeys: readonly string[];
  readonly atomic: boolean | undefined;
  readonly defaultText: string | undefined;
  readonly written: boolean;
  readonly mandatory: boolean;
}

/** A definition of the generated text. */
class Definition implements ObjectSchema {
  readonly type = 'object';
  readonly name: string;
  readonly shortName: string;
  readonly goType: string;
  readonly atomic: boolean;
  readonly kind: GroupVersionKind | undefined;
  readonly preservesUnknown = false;
  readonly union: Union | undefined;
  private readonly fieldTexts: readonly string[];
  private parsed: { fields: ReadonlyMap<string, Field>; embedded: readonly EmbeddedStruct[]; filled: readonly Field[] } | undefined;

  constructor(line: string) {
    const [name = '', flag = '', kind = '', ...fieldTexts] = line.split('\t');
    this.name = name;
    this.shortName = name.slice(name.lastIndexOf('.') + 1);
    this.goType = name.split('.').slice(-2).join('.');
    this.atomic = flag.startsWith('a');
    this.union = parseUnion(flag);
    this.kind = kind === '' ? undefined : parseKind(kind);
    this.fieldTexts = fieldTexts;
  }

  get fields(): ReadonlyMap<string, Field> {
    return (this.parsed ??= parseFields(this.fieldTexts)).fields;
  }
  get embedded(): readonly EmbeddedStruct[] {
    return (this.parsed ??= parseFields(this.fieldTexts)).embedded;
  }
  get filled(): readonly Field[] {
    return (this.parsed ??= parseFields(this.fieldTexts)).filled;
  }
}

function parseKind(text: string): GroupVersionKind {
  const [group = '', version = '', kind = ''] = text.split('/');
  return { group, version, kind };
}

function parseFields(texts: readonly string[]): { fields: ReadonlyMap<string, Field>; embedded: readonly EmbeddedStruct[]; filled: readonly Field[] } {
  const fields = new Map<string, Field>();
  const embedded: EmbeddedStruct[] = [];
  for (const text of texts) {
    const [name = '', typeText = '', proto = '0', ...optionTexts] = text.split(' ');
    const options = parseOptions(optionTexts);
    const pointer = typeText.startsWith('*');
    const schema = parseType(pointer ? typeText.slice(1) : typeText, options);
    if (name === '-' && schema.type === 'object') {
      embedded.push({ protobufNumber: Number(proto), schema });
      for (const [inner, field] of schema.fields) fields.set(inner, field);
      continue;
    }
    fields.set(name, {
      name, schema, pointer,
      required: options.required,
      written: options.required || options.written,
      mandatory: options.required || options.mandatory,
      protobufNumber: Number(proto),
      atomic: options.atomic,
      retainsKeys: options.patchStrategy.includes('retainKeys'),
      replacedByPatch: options.patchStrategy.includes('replace'),
      defaultText: options.defaultText,
    });
  }
  return { fields, embedded, filled: [...fields.values()].filter(isFilled) };
}

/** Structs that are no pointers are always there in Go, and required scalars and lists are written even when empty. */
function isFilled(field: Field): boolean {
  if (field.pointer) return false;
  const { type } = field.schema;
  if (type === 'object') return true;
  return field.written && type !== 'any' && type !== 'map' && type !== 'time' && type !== 'micro-time';
}

function textOfDefault(json: string): string {
  const value = JSON.parse(json) as unknown;
  return typeof value === 'string' ? value : json;
}

function parseUnion(flags: string): Union | undefined {
  const start = flags.indexOf('u');
  if (start < 0) return undefined;
  const [discriminator = '', members = ''] = flags.slice(start + 1).split('=');
  return { discriminator, members: new Map(members.split(',').map((member): [string, string] => [member.split(':')[0] ?? '', member.split(':')[1] ?? ''])) };
}

function parseOptions(texts: readonly string[]): Options {
  let required = false;
  let patchStrategy: readonly string[] = [];
  let patchMergeKey: string | undefined;
  let listType: ListType | undefined;
  let mapKeys: readonly string[] = [];
  let atomic: boolean | undefined;
  let defaultText: string | undefined;
  let written = false;
  let mandatory = false;
  for (const text of texts) {
    const value = text.slice(1);
    if (text === '!') required = true;
    else if (text.startsWith('p')) patchStrategy = value.split(',');
    else if (text.startsWith('k')) patchMergeKey = value;
    else if (text.startsWith('l')) listType = value as ListType;
    else if (text.startsWith('K')) mapKeys = value.split(',');
    else if (text.startsWith('t')) atomic = value === 'atomic';
    else if (text.startsWith('d')) defaultText = textOfDefault(value);
    else if (text === 'w') written = true;
    else if (text === 'm') mandatory = true;
  }
  return { required, patchStrategy, patchMergeKey, listType, mapKeys, atomic, defaultText, written, mandatory };
}

function parseType(text: string, options: Options): Schema {
  const code = text.charAt(0);
  const rest = text.slice(1);
  if (code === '@') return definitionAt(Number(rest));
  if (code === '~') return namedStringAt(Number(rest));
  if (code === '*') return parseType(rest, options);
  if (code === '[' || code === 'V') {
    const items = code === 'V' ? STRING : parseType(rest, NO_OPTIONS);
    return {
      type: 'list', items,
      goType: code === 'V' ? 'v1.ExtraValue' : `[]${items.goType}`,
      listType: options.listType ?? 'atomic',
      listTypeDeclared: options.listType !== undefined,
      mapKeys: options.mapKeys,
      mergesPatch: options.patchStrategy.includes('merge'),
      patchMergeKey: options.patchMergeKey,
      retainsKeys: options.patchStrategy.includes('retainKeys'),
      wrapped: code === 'V',
    };
  }
  if (code === '{') {
    const values = parseType(rest, NO_OPTIONS);
    return { type: 'map', values, goType: values.type === 'object' || values.type === 'list' ? `map[string]${values.goType}` : values.goType === 'resource.Quantity' ? 'v1.ResourceList' : `map[string]${values.goType}`, atomic: options.atomic === true };
  }
  if (code === 'y' && options.listType !== undefined) return { ...BYTES, listType: options.listType };
  return ANY[code] ?? assertDefined(scalars.get(code), `schema type ${text}`);
}

const NO_OPTIONS = parseOptions([]);

const lines = STRUCTURE.split('\n');
const firstDefinition = lines.findIndex((line) => !line.startsWith('~'));
const definitions: (Definition | undefined)[] = new Array<Definition | undefined>(lines.length - firstDefinition);
const namedStrings = new Map<number, ScalarSchema>();

function definitionAt(index: number): Definition {
  return (definitions[index] ??= new Definition(assertDefined(lines[firstDefinition + index], `definition ${index}`)));
}

function namedStringAt(index: number): ScalarSchema {
  let scalar = namedStrings.get(index);
  if (scalar === undefined) {
    const [goType = 'string', ...values] = assertDefined(lines[index], `named string ${index}`).slice(1).split(',');
    scalar = Object.freeze({ type: 'string', goType, values });
    namedStrings.set(index, scalar);
  }
  return scalar;
}

const indexOfName = new Map<string, number>();
const indexOfKind = new Map<string, number>();
for (let line = firstDefinition; line < lines.length; line++) {
  const [name = '', , kind = ''] = (lines[line] ?? '').split('\t', 3);
  indexOfName.set(name, line - firstDefinition);
  if (kind !== '') indexOfKind.set(kind, line - firstDefinition);
}

/** A built-in definition by its full name. */
export function builtInSchema(name: string): ObjectSchema | undefined {
  const index = indexOfName.get(name);
  return index === undefined ? undefined : definitionAt(index);
}

/** A built-in kind's definition. */
export function builtInSchemaOfKind(group: string, version: string, kind: string): ObjectSchema | undefined {
  const index = indexOfKind.get(`${group}/${version}/${kind}`);
  return index === undefined ? undefined : definitionAt(index);
}

/** Where a built-in definition stands in the generated files; -1 where it doesn't. */
export function builtInIndex(name: string): number {
  return indexOfName.get(name) ?? -1;
}

/** The names of the built-in definitions, sorted. */
export function builtInNames(): Iterable<string> {
  return indexOfName.keys();
}

/** How a field's own text stands in the generated files: the n-th part of its definition's line, -1 where embedded. */
export function builtInFieldNames(name: string): readonly string[] {
  const line = lines[firstDefinition + builtInIndex(name)] ?? '';
  return line.split('\t').slice(3).map((text) => text.split(' ', 1)[0] ?? '');
}
