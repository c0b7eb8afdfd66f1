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
    document = parse(text, { prettyErrors: false });
  } catch (error) {
    throw new Error(`failed decoding: ${messageOf(error)}`);
  }
  if (!isRecord(document)) throw new Error("failed decoding: couldn't get version/kind; json parse error: cannot unmarshal into Go value");
  const { apiVersion = '', kind = '' } = document;
  if (kind === '') throw new Error(`failed decoding: Object 'Kind' is missing in '${JSON.stringify(document)}'`);
  if (apiVersion !== API_VERSION || kind !== 'Policy') {
    throw new Error(`failed decoding: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/apiserver/pkg/audit/scheme.go:30"`);
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

type Fields = Readonly<Record<string, 'text' | 'texts' | 'truth' | ((value: unknown, path: string, unknown: Set<string>) => unknown)>>;

const GROUP_RESOURCES: Fields = { group: 'text', resources: 'texts', resourceNames: 'texts' };
const RULE: Fields = {
  level: 'text', users: 'texts', userGroups: 'texts', verbs: 'texts', namespaces: 'texts', nonResourceURLs: 'texts', omitStages: 'texts', omitManagedFields: 'truth',
  resources: listOf(GROUP_RESOURCES),
};
const POLICY: Fields = { apiVersion: 'text', kind: 'text', metadata: (value) => value, omitStages: 'texts', omitManagedFields: 'truth', rules: listOf(RULE) };

function toPolicy(document: Readonly<Record<string, unknown>>, unknown: Set<string>): AuditPolicy {
  const { rules = [], omitStages, omitManagedFields } = read(document, POLICY, '', unknown) as Partial<AuditPolicy>;
  return {
    rules: rules.map((rule) => ({ ...rule, level: rule.level ?? '' })),
    ...(omitStages === undefined ? {} : { omitStages }), ...(omitManagedFields === undefined ? {} : { omitManagedFields }),
  };
}

function read(value: unknown, fields: Fields, path: string, unknown: Set<string>): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw mismatch(path, 'object', value);
  const result: Record<string, unknown> = {};
  for (const [name, content] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (type === undefined) unknown.add(at);
    else if (content !== null) result[name] = typeof type === 'function' ? type(content, at, unknown) : readPlain(content, type, at);
  }
  return result;
}

function listOf(fields: Fields) {
  return (value: unknown, path: string, unknown: Set<string>) => {
    if (!Array.isArray(value)) throw mismatch(path, 'array', value);
    return value.map((item, index) => read(item, fields, `${path}[${index}]`, unknown));
  };
}

function readPlain(value: unknown, type: 'text' | 'texts' | 'truth', path: string): unknown {
  if (type === 'truth') {
    if (typeof value !== 'boolean') throw mismatch(path, 'bool', value);
    return value;
  }
  if (type === 'text') {
    if (typeof value !== 'string') throw mismatch(path, 'string', value);
    return value;
  }
  if (!Array.isArray(value)) throw mismatch(path, 'array', value);
  return value.map((item) => readPlain(item, 'text', path));
}

function mismatch(path: string, wanted: string, value: unknown): Error {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return new Error(`failed decoding: json: cannot unmarshal ${found} into Go struct field Policy.${path} of type ${wanted}`);
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
