// Writes src/api/generated/: structure.ts, the schema of every Kubernetes type in one compact text, and descriptions.ts,
// the prose to it. Structure comes from src/api/schema/facts.json (scripts/facts.ts says where that is from), prose from
// @kubernetes/client-node. Run: node scripts/generate-schema.ts
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Model, readModels } from './client-node-models.ts';
import { type FactExtra, type Facts, META } from './facts.ts';
import { root } from './root.ts';

/** A definition as it is written: see src/api/schema/structure.ts, which reads it. */
interface Definition {
  readonly name: string;
  readonly isKind: boolean;
  readonly atomic: boolean;
  /** discriminator=member:GoName,… where the type is a union. */
  readonly union: string;
  readonly fields: readonly Field[];
}

interface Field {
  /** null: the fields of the type are part of this one, in JSON; in protobuf they are a message of their own. */
  readonly name: string | null;
  readonly type: TypeNode;
  readonly proto: number;
  readonly extra: FactExtra;
}

type TypeNode =
  | { readonly kind: 'scalar'; readonly code: string }
  | { readonly kind: 'named-string'; readonly goType: string; readonly values: readonly string[] }
  | { readonly kind: 'definition'; readonly name: string }
  | { readonly kind: 'pointer'; readonly of: TypeNode }
  | { readonly kind: 'list'; readonly of: TypeNode }
  | { readonly kind: 'map'; readonly of: TypeNode };

const SCALARS: Readonly<Record<string, string>> = {
  string: 's', bool: 'b', int32: 'i', int: 'l', int64: 'l', uint64: 'l', float64: 'f', '[]byte': 'y', 'resource.Quantity': 'Q', 'intstr.IntOrString': 'I',
  Time: 'T', 'metav1.Time': 'T', MicroTime: 'M', 'metav1.MicroTime': 'M', 'metav1.Duration': 'D', 'time.Duration': 'D',
  'runtime.RawExtension': 'R', 'runtime.Object': 'R', FieldsV1: 'F', Verbs: 'V', ExtraValue: 'V', 'authenticationv1.ExtraValue': 'V', any: 'J', 'interface{}': 'J',
  JSON: 'X', JSONSchemaPropsOrBool: 'B', JSONSchemaPropsOrArray: 'A', JSONSchemaPropsOrStringArray: 'S',
};

const GROUPS: Readonly<Record<string, string>> = {
  core: '', apps: 'apps', batch: 'batch', autoscaling: 'autoscaling', policy: 'policy', rbac: 'rbac.authorization.k8s.io',
  flowcontrol: 'flowcontrol.apiserver.k8s.io', apiextensions: 'apiextensions.k8s.io', apiregistration: 'apiregistration.k8s.io', meta: '',
};

/** Kinds outside k8s.io/api, whose models don't begin with their group. */
const MODEL_NAMES: Readonly<Record<string, string>> = {
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference': 'ApiextensionsV1ServiceReference',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig': 'ApiextensionsV1WebhookClientConfig',
  'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference': 'ApiregistrationV1ServiceReference',
};

/** Writes src/api/generated/. */
export async function generateSchema(): Promise<void> {
  const facts = JSON.parse(readFileSync(path.join(root, 'src/api/schema/facts.json'), 'utf8')) as Facts;
  const models = readModels();
  const definitions = [...fromFacts(facts)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const folder = path.join(root, 'src/api/generated');
  mkdirSync(folder, { recursive: true });
  const structure = writeStructure(definitions);
  const descriptions = writeDescriptions(definitions, models);
  writeFileSync(path.join(folder, 'structure.ts'), `/** Made by scripts/generate-schema. */\nexport const STRUCTURE: string = ${JSON.stringify(structure)};\n`);
  writeFileSync(path.join(folder, 'descriptions.ts'), `/** Made by scripts/generate-schema. */\nexport const DESCRIPTIONS: string = ${JSON.stringify(descriptions)};\n`);
}

function fromFacts(facts: Facts): readonly Definition[] {
  const atomic = new Set(facts.atomicStructs);
  return Object.entries(facts.types).map(([name, fields]) => {
    const folder = name.slice(0, name.lastIndexOf('.'));
    const isKind = fields.some(([, type, , extra]) => extra?.inline === true && type.includes('TypeMeta'));
    const own = fields.filter(([, type]) => !(type === 'TypeMeta' || type === 'metav1.TypeMeta'));
    return {
      name,
      isKind,
      atomic: atomic.has(name),
      union: unionText(facts, name),
      fields: [
        ...(isKind ? typeMetaFields() : []),
        ...own.map(([field, type, proto, extra = {}]) => ({ name: extra.inline === true ? null : field, type: parseGoType(facts, folder, type), proto, extra })),
      ],
    };
  });
}

function unionText(facts: Facts, name: string): string {
  const [discriminator, members] = facts.unions[name] ?? [];
  return members === undefined ? '' : `${discriminator}=${Object.entries(members).map((member) => member.join(':')).join(',')}`;
}

/** The full names that a Go type's name may stand for in a package. */
function fullNames(folder: string, goType: string): readonly string[] {
  const [alias = '', short] = goType.split('.');
  if (short === undefined) return [`${folder}.${goType}`];
  if (alias === 'metav1') return [META + short];
  return [`io.k8s.api.${alias.slice(0, -2)}.v1.${short}`];
}

function typeMetaFields(): readonly Field[] {
  const type: TypeNode = { kind: 'scalar', code: 's' };
  return ['apiVersion', 'kind'].map((name) => ({ name, type, proto: 0, extra: {} }));
}

function parseGoType(facts: Facts, folder: string, goType: string): TypeNode {
  const scalar = SCALARS[goType];
  if (scalar !== undefined) return { kind: 'scalar', code: scalar };
  if (goType.startsWith('*')) return { kind: 'pointer', of: parseGoType(facts, folder, goType.slice(1)) };
  if (goType.startsWith('[]')) return { kind: 'list', of: parseGoType(facts, folder, goType.slice(2)) };
  const map = /^map\[[^\]]+\](.*)$/.exec(goType);
  if (map !== null) return { kind: 'map', of: parseGoType(facts, folder, map[1] ?? '') };
  for (const name of fullNames(folder, goType)) {
    if (facts.types[name] !== undefined) return { kind: 'definition', name };
    const alias = facts.aliases[name];
    if (alias === undefined) continue;
    if (alias !== 'string') return parseGoType(facts, name.slice(0, name.lastIndexOf('.')), alias);
    return { kind: 'named-string', goType: name.split('.').slice(-2).join('.'), values: facts.enums[name] ?? [] };
  }
  // Named strings outside the facts, e.g. types.UID.
  return { kind: 'named-string', goType: goType.includes('.') ? goType.replace(/^(metav1|corev1|apiv1)\./, 'v1.') : `v1.${goType}`, values: [] };
}

/**
 * One line for each named string (`~goType,value,…`), then one for each definition: name, flags ('a': atomic, 'u…': a union), the kind
 * (group/version/Kind), then its fields; parts are separated by tabs. A field is `name type protobufNumber options`.
 */
function writeStructure(definitions: readonly Definition[]): string {
  const indexOf = new Map(definitions.map(({ name }, index) => [name, index]));
  const namedStrings: string[] = [];
  const typeText = (type: TypeNode): string => {
    if (type.kind === 'scalar') return type.code;
    if (type.kind === 'pointer') return `*${typeText(type.of)}`;
    if (type.kind === 'list') return `[${typeText(type.of)}`;
    if (type.kind === 'map') return `{${typeText(type.of)}`;
    if (type.kind === 'definition') return `@${indexOf.get(type.name)}`;
    const line = [type.goType, ...type.values].join(',');
    if (!namedStrings.includes(line)) namedStrings.push(line);
    return `~${namedStrings.indexOf(line)}`;
  };
  const lines = definitions.map(({ name, isKind, atomic, union, fields }) => [
    name, `${atomic ? 'a' : ''}${union === '' ? '' : `u${union}`}`, kindOf(name, isKind),
    ...fields.map((field) => `${field.name ?? '-'} ${typeText(field.type)} ${field.proto} ${optionText(field.extra)}`.trimEnd()),
  ].join('\t'));
  return [...namedStrings.map((line) => `~${line}`), ...lines].join('\n');
}

function optionText(extra: FactExtra): string {
  const options: string[] = [];
  if (extra.required === true) options.push('!');
  if (extra.patchStrategy !== undefined) options.push(`p${extra.patchStrategy}`);
  if (extra.patchMergeKey !== undefined) options.push(`k${extra.patchMergeKey}`);
  if (extra.listType !== undefined) options.push(`l${extra.listType}`);
  if (extra.listMapKeys !== undefined) options.push(`K${extra.listMapKeys.join(',')}`);
  if (extra.mapType !== undefined) options.push(`t${extra.mapType}`);
  if (extra.structType !== undefined) options.push(`t${extra.structType}`);
  if (extra.default !== undefined) options.push(`d${extra.default}`);
  if (extra.written === true) options.push('w');
  if (extra.mandatory === true) options.push('m');
  return options.join(' ');
}

function kindOf(name: string, isKind: boolean): string {
  if (!isKind) return '';
  const parts = name.split('.');
  const [packageName = '', version = '', kind = ''] = parts.slice(-3);
  // Options, lists and tables of meta/v1 belong to every group.
  const isMeta = name.startsWith(META);
  if (isMeta && !['Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList', 'DeleteOptions'].includes(kind)) return '';
  return `${GROUPS[packageName] ?? `${packageName}.k8s.io`}/${version}/${kind}`;
}

/** For each definition, in order, one line: the numbers of its own text and of its fields' texts; after an empty line the texts, as JSON strings. */
function writeDescriptions(definitions: readonly Definition[], models: ReadonlyMap<string, Model>): string {
  const texts = new Map<string, number>([['', 0]]);
  const numberOf = (text: string): string => {
    if (!texts.has(text)) texts.set(text, texts.size);
    return (texts.get(text) ?? 0).toString(36);
  };
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const lines = definitions.map((definition) => {
    const model = modelOf(definition, byName, models);
    const descriptionOf = new Map(model?.fields.map((field) => [field.name, field.description]));
    return [model?.description ?? '', ...definition.fields.map(({ name }) => (name === null ? '' : (descriptionOf.get(name) ?? '')))].map(numberOf).join(' ');
  });
  return [...lines, '', ...[...texts.keys()].map((text) => JSON.stringify(text))].join('\n');
}

/** The model with the definition's name that has the most of its fields; an embedded struct has none, so its texts come from one that embeds it. */
function modelOf(definition: Definition, byName: ReadonlyMap<string, Definition>, models: ReadonlyMap<string, Model>): Model | undefined {
  const only = MODEL_NAMES[definition.name];
  if (only !== undefined) return models.get(only);
  const [group = '', version = '', short = ''] = definition.name.split('.').slice(-3);
  const prefix = version.charAt(0).toUpperCase() + version.slice(1);
  const capital = group.charAt(0).toUpperCase() + group.slice(1);
  const model = models.get(`${capital}${prefix}${short}`) ?? models.get(`${prefix}${short}`);
  const named = definition.fields.filter((field) => field.name !== null);
  if (model !== undefined && named.every((field) => model.fields.some((other) => other.name === field.name))) return model;
  const embedder = [...byName.values()].find((other) => other.fields.some((field) => field.name === null && field.type.kind === 'definition' && field.type.name === definition.name));
  const found = embedder === undefined ? model : modelOf(embedder, byName, models);
  return found === undefined || found === model ? found : { ...found, description: '' };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generateSchema();
