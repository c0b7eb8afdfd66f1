import type { ValidationRule } from '../../api/index.ts';
import { type Checked, compile, type Program, programOf } from '../compile.ts';
import { estimateCost } from '../cost/estimate.ts';
import { bounded, type Range } from '../cost/range.ts';
import type { Environment } from '../environment.ts';
import { childrenOf, type Expression } from '../syntax/expression.ts';
import { type CelType, optionalType } from '../types.ts';
import { type DeclaredType, named, REQUEST_SIZE_MAX, structsOf } from './declared-type.ts';

/** A rule made ready. Kubernetes: apiserver/schema/cel, CompilationResult. */
export interface CompiledRule {
  /** undefined where it does not compile, or is empty. */
  readonly program: Program | undefined;
  readonly error: string | undefined;
  readonly usesOldSelf: boolean;
  readonly costMax: bigint;
  /** How often the data it is for can be in one object, where nothing bounds the lists and maps around it. */
  readonly cardinalityMax: bigint;
  readonly message: Program | undefined;
  readonly messageError: string | undefined;
  readonly messageCostMax: bigint;
}

const NOTHING: CompiledRule = {
  program: undefined, error: undefined, usesOldSelf: false, costMax: 0n, cardinalityMax: 0n, message: undefined, messageError: undefined, messageCostMax: 0n,
};
/** What objects of the schema are called in errors; nobody is to rely on it. */
const SELF_TYPE_NAME = 'selfType';

/** Compiles rules that stand at one place of a schema. Kubernetes: apiserver/schema/cel/compilation.go, Compile. */
export function compileRules(rules: readonly ValidationRule[], declared: DeclaredType): readonly CompiledRule[] {
  const self = named(declared, SELF_TYPE_NAME);
  const struct = structsOf(self);
  const environmentWith = (old: CelType): Environment => ({ variables: new Map([['self', self.type], ['oldSelf', old]]), struct });
  const plain = environmentWith(self.type);
  const optional = environmentWith(optionalType(self.type));
  const sizeOf = (path: readonly string[]): Range | undefined => sizeAt(declared, path);
  const cardinalityMax = BigInt(Math.floor(REQUEST_SIZE_MAX / (declared.sizeMin + 1)));
  return rules.map((rule) => compileRule(rule, rule.optionalOldSelf === true ? optional : plain, sizeOf, cardinalityMax));
}

function compileRule(rule: ValidationRule, environment: Environment, sizeOf: (path: readonly string[]) => Range | undefined, cardinalityMax: bigint): CompiledRule {
  if ((rule.rule ?? '').trim() === '') return NOTHING;
  const made = make(rule.rule, environment, 'bool', '');
  if (typeof made === 'string') return { ...NOTHING, error: made };
  const compiled: CompiledRule = {
    ...NOTHING, program: made.program, usesOldSelf: names(made.checked.expression, 'oldSelf'), costMax: estimateCost(made.checked, sizeOf).max, cardinalityMax,
  };
  if ((rule.messageExpression ?? '') === '') return compiled;
  const message = make(rule.messageExpression as string, environment, 'string', 'messageExpression ');
  if (typeof message === 'string') return { ...compiled, messageError: message };
  return { ...compiled, message: message.program, messageCostMax: estimateCost(message.checked, sizeOf).max };
}

function make(source: string, environment: Environment, type: 'bool' | 'string', prefix: string): { checked: Checked; program: Program } | string {
  const checked = compile(source, environment);
  if (typeof checked === 'string') return `${prefix}compilation failed: ${checked}`;
  if (checked.type.kind !== type) return type === 'bool' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string';
  const program = programOf(checked);
  if (typeof program === 'string') return prefix === '' ? `program instantiation failed: ${program}` : `messageExpression instantiation failed: ${program}`;
  return { checked, program };
}

function names(expression: Expression, name: string): boolean {
  return (expression.kind === 'ident' && expression.name === name) || childrenOf(expression).some((child) => names(child, name));
}

/** How large what a path from self leads to may be. Kubernetes: sizeEstimator.EstimateSize. */
function sizeAt(root: DeclaredType, path: readonly string[]): Range | undefined {
  if (path.length === 0) return undefined;
  let current: DeclaredType | undefined = root;
  for (const step of path.slice(1)) {
    if (step === '@items' || step === '@values') current = current.element;
    else if (step === '@keys') current = current.key;
    else current = current.fields?.get(step);
    if (current === undefined) return undefined;
  }
  return { min: 0n, max: bounded(BigInt(Math.floor(current.elementsMax))) };
}
