import { type ObjectSchema, type ResourceRef, schemaOfKind, type ValidatingAdmissionPolicy } from '../../api/index.ts';
import { AUTHORIZER, type CelType, type Checked, compile, DYN, NAMESPACE, policyStruct, REQUEST, VARIABLES, variableType } from '../../cel/index.ts';
import { type KindType, kindType } from './schema-types.ts';

/** Kinds that one rule is checked against. */
const KINDS_MAX = 10;

interface Kind {
  /** e.g. apps/v1, Kind=Deployment */
  readonly text: string;
  readonly type: KindType;
}

interface ExpressionWarning {
  readonly fieldRef: string;
  readonly warning: string;
}

/** What is wrong with a policy's validations by the types of the objects they are for. Kubernetes: policy/validating, TypeChecker. */
export function typeWarnings(policy: ValidatingAdmissionPolicy, served: readonly Pick<ResourceRef<never>, 'group' | 'version' | 'resource' | 'kind'>[], suffix: string): readonly ExpressionWarning[] {
  const kinds = kindsOf(policy, served, suffix);
  const warnings: ExpressionWarning[] = [];
  const check = (fieldRef: string, expression: string): void => {
    const warning = kinds.flatMap(({ text, type }) => {
      const problem = checkAgainst(policy, expression, type, suffix);
      return problem === undefined ? [] : [`${text}: ${problem}\n`];
    }).join('\n');
    if (warning !== '') warnings.push({ fieldRef, warning });
  };
  policy.spec.validations?.forEach(({ expression, messageExpression = '' }, index) => {
    check(`spec.validations[${index}].expression`, expression);
    if (messageExpression !== '') check(`spec.validations[${index}].messageExpression`, messageExpression);
  });
  return warnings;
}

/** The kinds that the rules name without wildcards and that have a schema here. */
function kindsOf(policy: ValidatingAdmissionPolicy, served: Parameters<typeof typeWarnings>[1], suffix: string): readonly Kind[] {
  const found = new Map<string, Kind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of policy.spec.matchConstraints?.resourceRules ?? []) {
    if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) continue;
    const matched = served.filter(({ group, version, resource }) => apiGroups.includes(group) && apiVersions.includes(version) && resources.includes(resource));
    for (const { group, version, kind } of matched.slice(0, KINDS_MAX)) {
      const schema = schemaOfKind(group, version, kind);
      const text = `${group}/${version}, Kind=${kind}`;
      if (schema !== undefined) found.set(text, { text, type: kindType(schema, `${kind}${suffix}`) });
    }
    if (matched.length >= KINDS_MAX) break;
  }
  return [...found.values()].sort((left, right) => (left.text < right.text ? -1 : 1));
}

function checkAgainst({ spec }: ValidatingAdmissionPolicy, expression: string, { type, struct }: KindType, suffix: string): string | undefined {
  const params = spec.paramKind === undefined ? undefined : paramsType(spec.paramKind, suffix);
  const variables = new Map<string, CelType>();
  const declared = new Map([
    ['object', type], ['oldObject', type], ['namespaceObject', NAMESPACE], ['request', REQUEST], ['authorizer', AUTHORIZER], ['variables', VARIABLES],
    ...(spec.paramKind === undefined ? [] : [['params', params?.type ?? DYN] as const]),
  ]);
  const check = (text: string): Checked | string => compile(text, {
    variables: declared,
    struct: (name) => (name === VARIABLES.name ? { field: (field) => variables.get(field) } : policyStruct(name) ?? struct(name) ?? params?.struct(name)),
  });
  for (const variable of spec.variables ?? []) {
    const checked = check(variable.expression);
    variables.set(variable.name, typeof checked === 'string' ? DYN : variableType(checked.type));
  }
  const checked = check(expression);
  return typeof checked === 'string' ? checked : undefined;
}

function paramsType({ apiVersion = '', kind = '' }: { readonly apiVersion?: string; readonly kind?: string }, suffix: string): KindType | undefined {
  const [first = '', second] = apiVersion.split('/');
  const schema: ObjectSchema | undefined = second === undefined ? schemaOfKind('', first, kind) : schemaOfKind(first, second, kind);
  return schema === undefined ? undefined : kindType(schema, `${kind}${suffix}`);
}
