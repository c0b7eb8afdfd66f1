import { CONVERSIONS } from '../values/convert.ts';
import { CelError, typeNameOf, type Value } from '../values/value.ts';
import { AUTHORIZER_FUNCTIONS } from './authorizer.ts';
import { FORMAT_FUNCTIONS } from './formats.ts';
import { ADDRESS_FUNCTIONS } from './ip-address.ts';
import { LIST_FUNCTIONS } from './lists.ts';
import { OPERATORS } from './operators.ts';
import { OPTIONAL_FUNCTIONS } from './optional.ts';
import { QUANTITY_FUNCTIONS } from './quantity.ts';
import { SEMVER_FUNCTIONS } from './semver.ts';
import { STRING_FUNCTIONS } from './strings.ts';
import { TIME_FUNCTIONS } from './time-parts.ts';
import { URL_FUNCTIONS } from './urls.ts';

/** What a function does; undefined: not with such arguments. A receiver is the first argument. */
export type CelFunction = (args: readonly Value[]) => Value | undefined;

/** Functions that are told apart by what they are called on share a name: each may say that it is not meant. */
const TABLES: readonly Readonly<Record<string, CelFunction>>[] = [
  OPERATORS, STRING_FUNCTIONS, LIST_FUNCTIONS, OPTIONAL_FUNCTIONS, TIME_FUNCTIONS, QUANTITY_FUNCTIONS, URL_FUNCTIONS, ADDRESS_FUNCTIONS,
  FORMAT_FUNCTIONS, SEMVER_FUNCTIONS, AUTHORIZER_FUNCTIONS,
];

/** Functions that look at their arguments themselves, and say less of them. */
const UNGUARDED: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains', 'matches']);

const FUNCTIONS: ReadonlyMap<string, readonly CelFunction[]> = collect();

function collect(): ReadonlyMap<string, readonly CelFunction[]> {
  const functions = new Map<string, CelFunction[]>();
  const add = (name: string, implementation: CelFunction): void => {
    const known = functions.get(name);
    if (known === undefined) functions.set(name, [implementation]);
    else known.push(implementation);
  };
  for (const [name, convert] of Object.entries(CONVERSIONS)) add(name, ([value]) => convert(value as Value));
  for (const table of TABLES) for (const [name, implementation] of Object.entries(table)) add(name, implementation);
  return functions;
}

/** Calls a function with values that are no errors. */
export function callFunction(name: string, _overload: string, args: readonly Value[]): Value {
  for (const implementation of FUNCTIONS.get(name) ?? []) {
    const result = implementation(args);
    if (result !== undefined) return result;
  }
  return new CelError(name in OPERATORS || UNGUARDED.has(name) ? 'no such overload' : `no such overload: ${name}(${args.map(typeNameOf).join(', ')})`);
}

/** True where the second argument is a pattern, to be checked before anything runs. */
export function isRegexFunction(name: string): boolean {
  return name === 'matches' || name === 'find' || name === 'findAll';
}
