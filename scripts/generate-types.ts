// Writes src/api/types.ts, the Kubernetes API objects as TypeScript types, from the facts in src/api/schema/facts.json.
// Run: node scripts/generate-types.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Facts, folderOf, isStringAlias, META, TYPED_GROUPS } from './facts.ts';

const META_TYPES = [
  'ObjectMeta', 'ListMeta', 'OwnerReference', 'LabelSelector', 'LabelSelectorRequirement', 'Condition', 'DeleteOptions', 'Preconditions',
  'ManagedFieldsEntry', 'Status', 'StatusDetails', 'StatusCause', 'APIResource', 'APIResourceList', 'APIGroup', 'APIGroupList',
  'GroupVersionForDiscovery', 'FieldSelectorRequirement', 'ServerAddressByClientCIDR', 'PartialObjectMetadata', 'ShardInfo',
];
/** Kinds without metadata, which webhooks are asked with. */
const REVIEWS = ['io.k8s.api.admission.v1.AdmissionReview', 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionReview'];
const META_ROOTS = ['Status', 'APIResourceList', 'APIGroupList', 'Condition', 'DeleteOptions'];

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: 'string', bool: 'boolean', byte: 'number', float64: 'number', any: 'unknown', 'interface{}': 'unknown',
};
const SPECIAL: Readonly<Record<string, string>> = {
  Time: 'string', MicroTime: 'string', Duration: 'string', Quantity: 'string', IntOrString: 'number | string', RawExtension: 'unknown',
  FieldsV1: 'unknown', UID: 'string', Verbs: 'readonly string[]', ExtraValue: 'readonly string[]', ResourceList: 'Readonly<Record<string, string>>',
  Object: 'unknown', Unknown: 'unknown', JSON: 'unknown', ObjectName: 'string',
  GroupVersionKind: '{ readonly group: string; readonly version: string; readonly kind: string }',
  GroupVersionResource: '{ readonly group: string; readonly version: string; readonly resource: string }',
  JSONSchemaPropsOrBool: 'JSONSchemaProps | boolean', JSONSchemaPropsOrArray: 'JSONSchemaProps | readonly JSONSchemaProps[]',
  JSONSchemaPropsOrStringArray: 'JSONSchemaProps | readonly string[]',
};
/** Fields that every object has once the server gives it out. */
const SERVER_FILLED = new Set(['name', 'uid', 'resourceVersion', 'creationTimestamp']);

/** Optional, but written even when empty, so that they are always there; nobody builds such an object without. */
const ALWAYS_THERE = new Set(['PriorityClass.value', 'EndpointSlice.endpoints', 'TokenRequestSpec.audiences']);

const HEADER = `/** The Kubernetes API objects as TypeScript types: field names, shapes and which fields are required. Made by scripts/generate-types from the facts of the Kubernetes API types; do not edit by hand. Quantities, times and base64 are strings; every field is read-only, for objects are frozen and shared. */

export interface TypeMeta {
  readonly apiVersion?: string;
  readonly kind?: string;
}

`;

/** The text of src/api/types.ts. */
export function generateTypes(facts: Facts): string {
  const names = shortNames(facts);
  const roots = [
    ...TYPED_GROUPS.flatMap((group) => Object.keys(facts.types).filter((name) => name.startsWith(folderOf(group)) && isKind(facts, name))),
    ...REVIEWS,
    ...META_ROOTS.map((name) => META + name),
  ];
  const isRoot = new Set(roots);
  const declarations = new Map<string, string>();
  const queue: string[] = [];
  const need = (name: string): string => {
    if (!declarations.has(name)) {
      declarations.set(name, '');
      queue.push(name);
    }
    return names.get(name) ?? '';
  };
  for (const root of roots) need(root);

  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const folder = name.slice(0, name.lastIndexOf('.'));
    const lines: string[] = [];
    const bases: string[] = [];
    for (const [field, goType, , extra] of facts.types[name] ?? []) {
      if (extra?.inline === true || field === null || field === '') {
        bases.push(goType.includes('TypeMeta') ? 'TypeMeta' : resolve(folder, goType));
        continue;
      }
      let type = resolve(folder, goType);
      const isRequired = extra?.required === true || ALWAYS_THERE.has(`${name.slice(folder.length + 1)}.${field}`) || field === 'metadata' || (isRoot.has(name) && field === 'spec') || (name === `${META}ObjectMeta` && SERVER_FILLED.has(field));
      // A template's metadata has neither uid nor resourceVersion.
      const isTemplate = field === 'metadata' && !isRoot.has(name);
      if (isTemplate && type === 'ObjectMeta') type = 'Partial<ObjectMeta>';
      const key = /^[A-Za-z_$][\w$]*$/.test(field) ? field : `'${field}'`;
      lines.push(`  readonly ${key}${isRequired && !isTemplate ? '' : '?'}: ${type};`);
    }
    const heritage = bases.length === 0 ? '' : ` extends ${bases.join(', ')}`;
    declarations.set(name, `export interface ${names.get(name)}${heritage} {\n${lines.join('\n')}\n}\n`);
  }
  const byShortName = [...declarations].sort(([a], [b]) => compare(names.get(a) ?? '', names.get(b) ?? ''));
  return HEADER + byShortName.map(([, text]) => text).join('\n');

  function resolve(folder: string, goType: string): string {
    if (goType.startsWith('*')) return resolve(folder, goType.slice(1));
    if (goType === '[]byte') return 'string';
    if (goType.startsWith('[]')) {
      const item = resolve(folder, goType.slice(2));
      return /^[\w.]+$/.test(item) ? `readonly ${item}[]` : `readonly (${item})[]`;
    }
    const map = /^map\[[^\]]+\](.*)$/.exec(goType);
    if (map !== null) return `Readonly<Record<string, ${resolve(folder, map[1] ?? '')}>>`;
    if (PRIMITIVES[goType] !== undefined) return PRIMITIVES[goType];
    if (/^u?int(\d+)?$/.test(goType)) return 'number';
    const special = SPECIAL[goType.split('.').at(-1) ?? ''];
    if (special !== undefined) return special;
    for (const candidate of candidates(folder, goType)) {
      if (facts.types[candidate] !== undefined && names.has(candidate)) return need(candidate);
      if (facts.enums[candidate] !== undefined) return 'string';
      const alias = facts.aliases[candidate];
      if (alias !== undefined) return resolve(candidate.slice(0, candidate.lastIndexOf('.')), alias);
    }
    if (isStringAlias(goType)) return 'string';
    process.stderr.write(`generate-types: unknown type ${goType} in ${folder}\n`);
    return 'unknown';
  }
}

/** The full names that a Go type's name may stand for in a package. */
function candidates(folder: string, goType: string): readonly string[] {
  const [alias = '', name] = goType.split('.');
  if (name === undefined) return [`${folder}.${goType}`, META + goType];
  if (alias === 'metav1') return [META + name];
  return [`io.k8s.api.${alias.slice(0, -2)}.v1.${name}`];
}

function isKind(facts: Facts, name: string): boolean {
  const fields = facts.types[name] ?? [];
  return !name.endsWith('List') && fields.some(([field]) => field === 'metadata') && fields.some(([, type, , extra]) => extra?.inline === true && type.includes('TypeMeta'));
}

/** Full name → name in types.ts: the Go name; where two groups have it, the later one with its group before it. */
function shortNames(facts: Facts): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const name of Object.keys(facts.types)) {
    if (!name.startsWith(META) || !META_TYPES.includes(name.slice(META.length))) continue;
    names.set(name, name.slice(META.length));
    used.add(name.slice(META.length));
  }
  for (const group of TYPED_GROUPS) {
    const prefix = folderOf(group);
    for (const name of Object.keys(facts.types)) {
      if (!name.startsWith(prefix)) continue;
      const plain = name.slice(prefix.length);
      const short = used.has(plain) ? group.split('.').map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('') + plain : plain;
      names.set(name, short);
      used.add(short);
    }
  }
  return names;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const facts = JSON.parse(readFileSync(new URL('../src/api/schema/facts.json', import.meta.url), 'utf8')) as Facts;
  writeFileSync(new URL('../src/api/types.ts', import.meta.url), generateTypes(facts));
}
