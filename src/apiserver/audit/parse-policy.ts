import { parse } from 'yaml';
import { messageOf } from '../../base/index.ts';
import { dns1123SubdomainErrors, type FieldError, fieldErrorBody, invalid, notSupported, required } from '../../api/index.ts';
import { type AuditPolicy, type AuditRule, type GroupResources, LEVELS, STAGES } from './policy.ts';

const API_VERSION = 'audit.k8s.io/v1';

/**
 * Reads an audit policy. Throws an Error in upstream's words; problems besides, which it can do without, go to warn.
 * Kubernetes: audit/policy/reader.go and apis/audit/validation.
 */
export function parseAuditPolicy(text: string, warn: (text: string) => void = () => {}): AuditPolicy {
  let document: unknown;
  try {
    document = parse(text, { prettyErrors: false }) ?? {};
  } catch (error) {
    throw new Error(`failed decoding: yaml: ${messageOf(error)}`);
  }
  if (!isRecord(document)) throw new Error(`failed decoding: couldn't get version/kind; json parse error: json: cannot unmarshal ${goKind(document)} into Go value of type ${GO_TYPE_META}`);
  const { apiVersion = '', kind = 'Policy' } = document;
  if (apiVersion === '') throw new Error(`unknown group version field audit.k8s.io/__internal, Kind=${String(kind)} in policy`);
  if (apiVersion !== API_VERSION || kind !== 'Policy') {
    throw new Error(`failed decoding: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`);
  }
  const unknown = new Set<string>();
  const policy = toPolicy(document, unknown);
  if (unknown.size > 0) warn(`Audit policy contains errors, falling back to lenient decoding: strict decoding error: ${[...unknown].map((field) => `unknown field ${JSON.stringify(field)}`).join(', ')}`);
  const errors = validate(policy);
  if (errors.length > 0) {
    const lines = [...new Set(errors.map((error) => `${error.field}: ${fieldErrorBody(error)}`))];
    throw new Error(lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`);
  }
  if (policy.rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  return policy;
}

/** How a field is read, and what Go calls its type. */
type Field =
  | { readonly type: 'text'; readonly goType: string }
  | { readonly type: 'texts'; readonly goType: string }
  | { readonly type: 'truth'; readonly goType: string }
  | { readonly type: 'items'; readonly goType: string; readonly itemName: string; readonly fields: Fields };
type Fields = Readonly<Record<string, Field>>;

const text: Field = { type: 'text', goType: 'string' };
const texts: Field = { type: 'texts', goType: '[]string' };
const stages: Field = { type: 'texts', goType: '[]v1.Stage' };
const truth: Field = { type: 'truth', goType: 'bool' };

const POLICY: Fields = {
  apiVersion: text, kind: text, omitStages: stages, omitManagedFields: truth,
  rules: {
    type: 'items', goType: '[]v1.PolicyRule', itemName: 'PolicyRule', fields: {
      level: { type: 'text', goType: 'v1.Level' }, users: texts, userGroups: texts, verbs: texts, namespaces: texts, nonResourceURLs: texts, omitStages: stages, omitManagedFields: truth,
      resources: { type: 'items', goType: '[]v1.GroupResources', itemName: 'GroupResources', fields: { group: text, resources: texts, resourceNames: texts } },
    },
  },
};

function toPolicy(document: Readonly<Record<string, unknown>>, unknown: Set<string>): AuditPolicy {
  const { metadata: _metadata, ...own } = document;
  const { rules = [], omitStages, omitManagedFields } = read(own, POLICY, 'Policy', '', unknown) as Partial<AuditPolicy>;
  return {
    rules: rules.map((rule) => ({ ...rule, level: rule.level ?? '' })),
    ...(omitStages === undefined ? {} : { omitStages }), ...(omitManagedFields === undefined ? {} : { omitManagedFields }),
  };
}

/** owner: what Go calls the structure; at: where it is, with indexes. */
function read(value: Readonly<Record<string, unknown>>, fields: Fields, owner: string, at: string, unknown: Set<string>): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const [name, content] of Object.entries(value)) {
    const path = at === '' ? name : `${at}.${name}`;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) unknown.add(path);
    else if (content !== null) result[name] = readField(content, field, owner, path, unknown);
  }
  return result;
}

function readField(value: unknown, field: Field, owner: string, path: string, unknown: Set<string>): unknown {
  const refuse = (content: unknown, goType: string) => (
    new Error(`failed decoding: json: cannot unmarshal ${goKind(content)} into Go struct field ${owner}.${path.replace(/\[\d+\]/g, '')} of type ${goType}`)
  );
  if (field.type === 'text' || field.type === 'truth') {
    if (typeof value !== (field.type === 'text' ? 'string' : 'boolean')) throw refuse(value, field.goType);
    return value;
  }
  if (!Array.isArray(value)) throw refuse(value, field.goType);
  const itemType = field.goType.slice('[]'.length);
  return value.map((item: unknown, index) => {
    if (field.type === 'items') {
      if (!isRecord(item)) throw refuse(item, itemType);
      return read(item, field.fields, field.itemName, `${path}[${index}]`, unknown);
    }
    if (typeof item !== 'string') throw refuse(item, itemType);
    return item;
  });
}

const GO_TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** What Go's JSON calls the kind of a value. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function validate(policy: AuditPolicy): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateStages(policy.omitStages, 'omitStages', errors);
  policy.rules.forEach((rule, index) => validateRule(rule, `rules[${index}]`, errors));
  return errors;
}

function validateRule(rule: AuditRule, path: string, errors: FieldError[]): void {
  const { level, nonResourceURLs = [], resources = [], namespaces = [] } = rule;
  if ((level as string) === '') errors.push(required(`${path}.level`));
  else if (!LEVELS.includes(level)) errors.push(notSupported(`${path}.level`, level, LEVELS));
  nonResourceURLs.forEach((url, index) => {
    if (url === '*') return;
    const at = `${path}.nonResourceURLs[${index}]`;
    if (!url.startsWith('/')) errors.push(invalid(at, url, "non-resource URL rules must begin with a '/' character"));
    if (url.slice(0, -1).includes('*')) errors.push(invalid(at, url, "non-resource URL wildcards '*' must be the final character of the rule"));
  });
  for (const each of resources) validateResources(each, `${path}.resources`, errors);
  validateStages(rule.omitStages, `${path}.omitStages`, errors);
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    errors.push(invalid(`${path}.nonResourceURLs`, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
  }
}

function validateResources({ group = '', resources = [], resourceNames = [] }: GroupResources, path: string, errors: FieldError[]): void {
  if (group !== '' && group !== '*') {
    const texts = dns1123SubdomainErrors(group);
    if (texts.length > 0) errors.push(invalid(`${path}.group`, group, texts.join(',')));
  }
  if (resourceNames.length > 0 && resources.length === 0) errors.push(invalid(`${path}.resourceNames`, resourceNames, 'using resourceNames requires at least one resource'));
}

function validateStages(stages: readonly string[] | undefined, path: string, errors: FieldError[]): void {
  stages?.forEach((stage, index) => {
    if (!(STAGES as readonly string[]).includes(stage)) errors.push(invalid(`${path}[${index}]`, stage, `allowed stages are ${STAGES.join(',')}`));
  });
}
