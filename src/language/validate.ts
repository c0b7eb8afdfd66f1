import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import { valueOf, type ManifestDocument } from './document.ts';
import type { Problem, TextRange, Translate } from './problem.ts';
import { type FieldType, findKind, formatType, type SchemaField, type SchemaSource } from './schema.ts';
import { closest } from './suggest.ts';

/** Deepest nesting that is checked; CustomResourceDefinitions' own schemas recurse. */
const depthMax = 64;
/** Kubernetes: apimachinery/pkg/api/resource, the form of a quantity. */
const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?\d+))?$/;

/** Everything that the schema says is wrong with a manifest: unknown kind or field, wrong type, missing field, bad value. */
export function validateManifest(document: ManifestDocument, schema: SchemaSource, translate: Translate): readonly Problem[] {
  const root = document.yaml.contents;
  if (!isMap(root)) return [];
  const validation = new Validation(document.yaml, schema, translate);
  validation.manifest(root);
  return validation.problems;
}

class Validation {
  readonly problems: Problem[] = [];
  private readonly yaml: Document.Parsed;
  private readonly schema: SchemaSource;
  private readonly translate: Translate;

  constructor(yaml: Document.Parsed, schema: SchemaSource, translate: Translate) {
    this.yaml = yaml;
    this.schema = schema;
    this.translate = translate;
  }

  /** A top-level object, or an item of a v1 List. */
  manifest(root: YAMLMap): void {
    const apiVersionNode = valueOf(root, 'apiVersion');
    const kindNode = valueOf(root, 'kind');
    if (!isScalar(apiVersionNode) || !isScalar(kindNode)) return;
    const apiVersion = apiVersionNode.value;
    const kind = kindNode.value;
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return;
    if (apiVersion === 'v1' && kind === 'List') {
      const items = valueOf(root, 'items');
      if (isSeq(items)) for (const item of items.items) if (isMap(item)) this.manifest(item);
      return;
    }
    const known = findKind(this.schema, apiVersion, kind);
    if (known === undefined) return this.unknownKind(apiVersion, apiVersionNode, kind, kindNode);
    this.object(root, known.type, rangeOf(kindNode), 0);
    this.name(root, kindNode);
  }

  /** The kind is not in the schema. A group with a dot may belong to a CustomResourceDefinition, so it stays unmarked. */
  private unknownKind(apiVersion: string, apiVersionNode: Scalar, kind: string, kindNode: Scalar): void {
    const { kinds } = this.schema;
    const sameKind = kinds.filter((known) => known.kind === kind);
    const groupIsKnown = kinds.some((known) => known.apiVersion === apiVersion);
    if (groupIsKnown) {
      const elsewhere = sameKind[0];
      if (elsewhere !== undefined) {
        return this.report(apiVersionNode, 'unknown-api-version', this.translate('{0} is in {1}, not in {2}', kind, elsewhere.apiVersion, apiVersion), this.replacement(apiVersionNode, elsewhere.apiVersion));
      }
      const meant = closest(kind, kinds.filter((known) => known.apiVersion === apiVersion).map((known) => known.kind)) ?? closest(kind, kinds.map((known) => known.kind));
      return this.report(kindNode, 'unknown-kind', this.withMeant(this.translate('There is no kind {0} in {1}', quote(kind), apiVersion), meant), meant === undefined ? undefined : this.replacement(kindNode, meant));
    }
    const meant = sameKind[0]?.apiVersion ?? closest(apiVersion, new Set(kinds.map((known) => known.apiVersion)));
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    if (group.includes('.') && sameKind.length === 0 && !group.endsWith('.k8s.io')) return;
    if (group.includes('.') && !kinds.some((known) => known.apiVersion.startsWith(`${group}/`)) && closest(group, kinds.map((known) => known.apiVersion.split('/')[0] ?? '')) === undefined) return;
    this.report(apiVersionNode, 'unknown-api-version', this.withMeant(this.translate('There is no apiVersion {0}', quote(apiVersion)), meant), meant === undefined ? undefined : this.replacement(apiVersionNode, meant));
  }

  private name(root: YAMLMap, kindNode: Scalar): void {
    if (findKind(this.schema, 'v1', 'Pod') === undefined) return; // a schema without the core kinds has no ObjectMeta to speak of
    const metadata = valueOf(root, 'metadata');
    if (metadata !== undefined && !isMap(metadata)) return; // reported as a wrong type
    if (isMap(metadata) && (!isEmpty(valueOf(metadata, 'name')) || !isEmpty(valueOf(metadata, 'generateName')))) return;
    const key = root.items.find((pair) => isScalar(pair.key) && pair.key.value === 'metadata')?.key;
    this.report(isScalar(key) ? key : kindNode, 'missing-field', this.translate('metadata.name is missing'));
  }

  private value(given: Node | null, type: FieldType, field: SchemaField | undefined, name: string, at: TextRange, depth: number): void {
    const node = isAlias(given) ? given.resolve(this.yaml) : given;
    if (node === null || node === undefined || depth > depthMax || (isScalar(node) && node.value === null)) return; // null is "not set"
    switch (type.kind) {
      case 'any': return;
      case 'object':
        if (isMap(node)) this.object(node, type.type, at, depth + 1);
        else this.wrongType(node, type, name);
        return;
      case 'map':
        if (!isMap(node)) return this.wrongType(node, type, name);
        for (const pair of node.items) this.value(pair.value as Node | null, type.values, undefined, keyText(pair), keyRange(pair) ?? at, depth + 1);
        return;
      case 'array':
        if (!isSeq(node)) return this.wrongType(node, type, name);
        for (const item of node.items) this.value(item as Node | null, type.items, field, name, isScalar(item) || isMap(item) ? firstOf(item as Node, at) : at, depth + 1);
        return;
      default:
        if (!isScalar(node)) return this.wrongType(node, type, name);
        this.scalar(node, type, field, name);
    }
  }

  private object(map: YAMLMap, typeName: string, at: TextRange, depth: number): void {
    const type = this.schema.type(typeName);
    if (type === undefined || type.fields.size === 0) return; // a type without fields takes anything
    const given = new Set<string>();
    let merged = false;
    for (const pair of map.items) {
      const name = keyText(pair);
      if (name === '<<') merged = true;
      else if (isScalar(pair.key)) {
        given.add(name);
        const field = type.fields.get(name);
        if (field === undefined) this.unknownField(pair.key, name, type.fields.keys(), typeName, given, map);
        else this.value(pair.value as Node | null, field.type, field, name, rangeOf(pair.key), depth);
      }
    }
    if (merged) return; // what the merge brings in is not followed
    for (const field of type.fields.values()) {
      if (field.required && !given.has(field.name)) this.problems.push({ range: at, severity: 'error', code: 'missing-field', message: this.translate('{0} is missing', `${shortName(typeName)}.${field.name}`) });
    }
  }

  private unknownField(key: Scalar, name: string, known: Iterable<string>, typeName: string, given: ReadonlySet<string>, map: YAMLMap): void {
    const others = new Set(map.items.map(keyText));
    const meant = closest(name, [...known].filter((candidate) => !given.has(candidate) && !others.has(candidate)));
    this.report(key, 'unknown-field', this.withMeant(this.translate('{0} has no field {1}', shortName(typeName), quote(name)), meant), meant === undefined ? undefined : this.replacement(key, meant));
  }

  private scalar(node: Scalar, type: FieldType, field: SchemaField | undefined, name: string): void {
    const { value } = node;
    switch (type.kind) {
      case 'string': case 'bytes': case 'time':
        if (typeof value !== 'string') return this.wrongType(node, type, name);
        if (field?.values !== undefined && field.type.kind !== 'map' && !field.values.includes(value)) this.badValue(node, value, field.values, name);
        return;
      case 'integer':
        if (typeof value !== 'number' || !Number.isInteger(value)) this.wrongType(node, type, name);
        return;
      case 'number':
        if (typeof value !== 'number') this.wrongType(node, type, name);
        return;
      case 'boolean':
        if (typeof value !== 'boolean') this.wrongType(node, type, name);
        return;
      case 'intOrString':
        if (typeof value !== 'string' && !(typeof value === 'number' && Number.isInteger(value))) this.wrongType(node, type, name);
        return;
      case 'quantity':
        if (typeof value === 'number') return;
        if (typeof value !== 'string') return this.wrongType(node, type, name);
        if (!quantityPattern.test(value)) this.report(node, 'bad-value', this.translate('{0} is not a quantity such as 100m, 0.5, 64Mi or 1Gi', quote(value)));
        return;
      default:
    }
  }

  private badValue(node: Scalar, value: string, values: readonly string[], name: string): void {
    const meant = closest(value, values);
    const message = this.translate('{0} cannot be {1}; it is one of {2}', name, quote(value), values.map(quote).join(', '));
    this.report(node, 'bad-value', this.withMeant(message, meant), meant === undefined ? undefined : this.replacement(node, meant));
  }

  private wrongType(node: Node, type: FieldType, name: string): void {
    const message = this.translate('{0} must be {1}, not {2}', name, this.typeName(type), this.nodeTypeName(node));
    const isUnquoted = isScalar(node) && (node.type === 'PLAIN') && (typeof node.value === 'number' || typeof node.value === 'boolean');
    if (type.kind === 'string' && isUnquoted) {
      const range = rangeOf(node);
      return this.report(node, 'wrong-type', message, { title: this.translate('Put it in quotes'), range, newText: JSON.stringify(node.source ?? String(node.value)) });
    }
    if (isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') && typeof node.value === 'string') {
      const unquoted = (type.kind === 'integer' && /^-?\d+$/.test(node.value)) || (type.kind === 'boolean' && /^(true|false)$/.test(node.value));
      if (unquoted) return this.report(node, 'wrong-type', message, { title: this.translate('Remove the quotes'), range: rangeOf(node), newText: node.value });
    }
    this.report(node, 'wrong-type', message);
  }

  private typeName(type: FieldType): string {
    switch (type.kind) {
      case 'array': return this.translate('a list of {0}', formatType(type.items));
      case 'map': return this.translate('a map of {0}', formatType(type.values));
      case 'object': return this.translate('an object ({0})', formatType(type));
      case 'string': return this.translate('a string');
      case 'integer': return this.translate('a whole number');
      case 'number': return this.translate('a number');
      case 'boolean': return this.translate('true or false');
      default: return formatType(type);
    }
  }

  private nodeTypeName(node: Node): string {
    if (isSeq(node)) return this.translate('a list');
    if (isMap(node)) return this.translate('a map');
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'boolean') return this.translate('true or false ({0})', String(isScalar(node) ? node.source ?? value : value));
    if (typeof value === 'number') return this.translate('the number {0}', String(isScalar(node) ? node.source ?? value : value));
    return this.translate('the string {0}', quote(String(value)));
  }

  private replacement(node: Scalar, newText: string): NonNullable<Problem['fix']> {
    return { title: this.translate('Change to {0}', newText), range: rangeOf(node), newText };
  }

  private withMeant(message: string, meant: string | undefined): string {
    return meant === undefined ? message : this.translate('{0}. Did you mean {1}?', message, quote(meant));
  }

  private report(node: Node, code: Problem['code'], message: string, fix?: Problem['fix']): void {
    this.problems.push({ range: rangeOf(node), severity: 'error', code, message, ...(fix === undefined ? {} : { fix }) });
  }
}

/** Where a node's value stands in the document's text. A map or list is marked by its first line only. */
export function rangeOf(node: Node): TextRange {
  const [start, end] = node.range ?? [0, 0];
  if (isScalar(node)) return { start, end };
  const first = isMap(node) ? node.items[0]?.key : isSeq(node) ? node.items[0] : undefined;
  const firstEnd = (first as Node | null | undefined)?.range?.[1];
  return { start, end: firstEnd ?? Math.min(end, start + 1) };
}

function firstOf(node: Node, fallback: TextRange): TextRange {
  const range = isMap(node) ? (node.items[0]?.key as Node | undefined)?.range : node.range;
  return range === null || range === undefined ? fallback : { start: range[0], end: range[1] };
}

const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');
const keyRange = (pair: Pair): TextRange | undefined => (isScalar(pair.key) ? rangeOf(pair.key) : undefined);
const isEmpty = (node: Node | undefined) => node === undefined || (isScalar(node) && (node.value === null || node.value === ''));
const quote = (text: string) => JSON.stringify(text);
const shortName = (typeName: string) => typeName.slice(typeName.lastIndexOf('.') + 1);
