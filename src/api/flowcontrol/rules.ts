import { nameIsDnsLabel, nameIsDnsSubdomain } from '../core/object-meta.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import type { FlowcontrolV1Subject, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, ServiceAccountSubject } from '../types.ts';

const verbs: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const subjectKinds: readonly string[] = ['Group', 'ServiceAccount', 'User'];

/** Kubernetes: flowcontrol validation, ValidateFlowSchemaPolicyRulesWithSubjects. */
export function validateRulesWithSubjects(rule: PolicyRulesWithSubjects, path: string, errors: FieldError[]): void {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0) errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
  subjects.forEach((subject, index) => validateSubject(subject, `${path}.subjects[${index}]`, errors));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  resourceRules.forEach((item, index) => validateResourceRule(item, `${path}.resourceRules[${index}]`, errors));
  nonResourceRules.forEach((item, index) => validateNonResourceRule(item, `${path}.nonResourceRules[${index}]`, errors));
}

const fields = [['ServiceAccount', 'serviceAccount'], ['User', 'user'], ['Group', 'group']] as const;

/** Kubernetes: flowcontrol validation, ValidateFlowSchemaSubject. */
function validateSubject(subject: FlowcontrolV1Subject, path: string, errors: FieldError[]): void {
  const own = fields.find(([kind]) => kind === subject.kind);
  if (own === undefined) {
    errors.push(notSupported(`${path}.kind`, subject.kind ?? '', subjectKinds));
    return;
  }
  const [kind, field] = own;
  if (subject[field] === undefined) errors.push(required(`${path}.${field}`, `${field} is required when subject kind is '${kind}'`));
  else if (subject.serviceAccount !== undefined && kind === 'ServiceAccount') validateServiceAccount(subject.serviceAccount, `${path}.serviceAccount`, errors);
  else if (!subject[field].name) errors.push(required(`${path}.${field}.name`));
  for (const [otherKind, other] of fields) {
    if (otherKind !== kind && subject[other] !== undefined) {
      errors.push(forbidden(`${path}.${other}`, `${other} is forbidden when subject kind is not '${otherKind}'`));
    }
  }
}

function validateServiceAccount({ name = '', namespace = '' }: ServiceAccountSubject, path: string, errors: FieldError[]): void {
  if (name === '') errors.push(required(`${path}.name`));
  else if (name !== '*') for (const text of nameIsDnsSubdomain(name, false)) errors.push(invalid(`${path}.name`, name, text));
  if (namespace === '') errors.push(required(`${path}.namespace`, 'must specify namespace for service account'));
  else for (const text of nameIsDnsLabel(namespace, false)) errors.push(invalid(`${path}.namespace`, namespace, text));
}

function validateVerbs(named: readonly string[], path: string, errors: FieldError[]): void {
  if (named.length === 0) errors.push(required(path, 'verbs must contain at least one value'));
  else if (named.includes('*')) {
    if (named.length > 1) errors.push(invalid(path, named, "if '*' is present, must not specify other verbs"));
  } else if (!named.every((verb) => verbs.includes(verb))) errors.push(notSupported(path, named, verbs));
}

/** Kubernetes: flowcontrol validation, ValidateFlowSchemaResourcePolicyRule. */
function validateResourceRule(rule: ResourcePolicyRule, path: string, errors: FieldError[]): void {
  const { apiGroups = [], resources = [], namespaces = [] } = rule;
  validateVerbs(rule.verbs ?? [], `${path}.verbs`, errors);
  if (apiGroups.length === 0) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  else if (apiGroups.length > 1 && apiGroups.includes('*')) errors.push(invalid(`${path}.apiGroups`, apiGroups, "if '*' is present, must not specify other api groups"));
  if (resources.length === 0) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  else if (resources.length > 1 && resources.includes('*')) errors.push(invalid(`${path}.resources`, resources, "if '*' is present, must not specify other resources"));
  if (namespaces.length === 0 && rule.clusterScope !== true) {
    errors.push(required(`${path}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'));
  } else if (namespaces.includes('*')) {
    if (namespaces.length > 1) errors.push(invalid(`${path}.namespaces`, namespaces, "if '*' is present, must not specify other namespaces"));
  } else {
    namespaces.forEach((namespace, index) => {
      for (const text of nameIsDnsLabel(namespace, false)) {
        errors.push(invalid(`${path}.namespaces[${index}]`, namespace, `each member of this list must be '*' or a DNS-1123 label; ${text}`));
      }
    });
  }
}

/** Kubernetes: flowcontrol validation, ValidateFlowSchemaNonResourcePolicyRule. */
function validateNonResourceRule(rule: NonResourcePolicyRule, path: string, errors: FieldError[]): void {
  validateVerbs(rule.verbs ?? [], `${path}.verbs`, errors);
  const urls = rule.nonResourceURLs ?? [];
  const at = `${path}.nonResourceURLs`;
  if (urls.length === 0) errors.push(required(at, 'nonResourceURLs must contain at least one value'));
  else if (urls.includes('*')) {
    if (urls.length > 1) errors.push(invalid(at, urls, "if '*' is present, must not specify other non-resource URLs"));
  } else {
    urls.forEach((url, index) => {
      const problem = urlProblem(url);
      if (problem !== undefined) errors.push(invalid(`${at}[${index}]`, url, problem));
    });
  }
}

/** Kubernetes: flowcontrol validation, ValidateNonResourceURLPath. */
function urlProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const wildcards = path.split('*').length - 1;
  return wildcards > 1 || (wildcards === 1 && !path.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}
