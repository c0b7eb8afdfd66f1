import { type CelType, CelList, compile, DYN, type Environment, fromJson, listType, mapType, objectType, type Program, programOf, STRING, type Value } from '../../../cel/index.ts';

const USER_TYPE = objectType('kubernetes.UserInfo');
const USER_FIELDS: ReadonlyMap<string, CelType> = new Map([['username', STRING], ['uid', STRING], ['groups', listType(STRING)], ['extra', mapType(STRING, listType(STRING))]]);
const CLAIMS: Environment = { variables: new Map([['claims', mapType(STRING, DYN)]]) };
const USER: Environment = { variables: new Map([['user', USER_TYPE]]), struct: (name) => (name === USER_TYPE.name ? { field: (field) => USER_FIELDS.get(field) } : undefined) };

/** Types that an expression may come to, by what it is for; undefined: any. Kubernetes: authentication/cel, ReturnTypes. */
const RETURNS = { mapping: undefined, validation: ['bool'] } as const;

/** An expression about a token's claims or about a user. */
export interface JwtExpression {
  readonly source: string;
  /** Throws Error with the text of what went wrong. */
  evaluate(json: object): Value;
}

/** Compiles what stands in a configuration; a text where it can't be. Kubernetes: authentication/cel, compiler.compile. */
export function compileJwtExpression(source: string, about: 'claims' | 'user', purpose: keyof typeof RETURNS): JwtExpression | string {
  const checked = compile(source, about === 'claims' ? CLAIMS : USER);
  if (typeof checked === 'string') return `compilation failed: ${checked}`;
  const returns: readonly string[] | undefined = RETURNS[purpose];
  if (returns !== undefined && !returns.includes(checked.type.name)) return `must evaluate to ${returns[0]}`;
  const program: Program | string = programOf(checked);
  if (typeof program === 'string') return `program instantiation failed: ${program}`;
  return {
    source,
    evaluate(json) {
      const value = fromJson(json);
      const outcome = program.evaluate((name) => (name === about ? value : undefined));
      if (isError(outcome.value)) throw new Error(`expression '${source}' resulted in error: ${outcome.value.message}`);
      return outcome.value;
    },
  };
}

function isError(value: Value): value is Extract<Value, { readonly message: string }> {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string';
}

/** A text or a list of texts as a list without empty ones. Throws Error for all else. Kubernetes: convertCELValueToStringList. */
export function stringList(value: Value): readonly string[] {
  if (value === null) return [];
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!(value instanceof CelList)) throw new Error('expression must return a string or a list of strings');
  const texts: string[] = [];
  for (let index = 0; index < value.size; index++) {
    const item = value.get(index);
    if (typeof item !== 'string') throw new Error('expression must return a string or a list of strings');
    if (item !== '') texts.push(item);
  }
  return texts;
}
