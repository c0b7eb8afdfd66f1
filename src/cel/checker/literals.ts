import { checkFormatCall } from './format-calls.ts';
import { compileRegex, RegexError } from '../../base/index.ts';
import { callFunction } from '../functions/call.ts';
import type { Issue } from '../issue.ts';
import { type Call, childrenOf, type Expression } from '../syntax/expression.ts';
import { type CelType, sameType, unwrappedOptional } from '../types.ts';
import { CelError } from '../values/value.ts';

/** Tells of constants that can only fail and of aggregates of mixed types. Kubernetes: cel-go cel/validator.go, as base.go has it. */
export function checkLiterals(expression: Expression, issues: Issue[]): void {
  const found: Record<'duration' | 'timestamp' | 'matches' | 'list' | 'map' | 'format', Issue[]> = { duration: [], timestamp: [], matches: [], list: [], map: [], format: [] };
  const visit = (node: Expression, exempt: boolean): void => {
    if (node.kind === 'call') {
      checkCall(node, found);
      checkFormatCall(node, found.format);
    } else if (exempt) {
      // What is to be formatted may be of any types.
    } else if (node.kind === 'list') checkTypes(node.elements.map((element, index) => ({ element, optional: node.optional.has(index) })), found.list, true);
    else if (node.kind === 'map') {
      for (const [index, { key, value, optional }] of node.entries.entries()) {
        const first = node.entries[0];
        if (index === 0 || first === undefined) continue;
        checkTypes([{ element: first.key, optional: false }, { element: key, optional: false }], found.map, false);
        checkTypes([{ element: first.value, optional: first.optional }, { element: value, optional }], found.map, false);
      }
    }
    const inside = exempt || (node.kind === 'call' && node.function === 'format');
    for (const child of childrenOf(node)) visit(child, inside);
  };
  visit(expression, false);
  issues.push(...found.duration, ...found.timestamp, ...found.matches, ...found.list, ...found.map, ...found.format);
}

function checkCall(call: Call, found: Readonly<Record<'duration' | 'timestamp' | 'matches', Issue[]>>): void {
  const name = call.function;
  if (name !== 'duration' && name !== 'timestamp' && name !== 'matches') return;
  const [argument] = call.args;
  if (argument?.kind !== 'literal') return;
  const wrong = name === 'matches' ? typeof argument.value === 'string' && !isPattern(argument.value) : callFunction(name, '', [argument.value]) instanceof CelError;
  if (wrong) found[name].push({ offset: argument.offset, message: `invalid ${name} argument` });
}

function isPattern(text: string): boolean {
  try {
    compileRegex(text);
    return true;
  } catch (error) {
    if (error instanceof RegexError) return false;
    throw error;
  }
}

function checkTypes(elements: readonly { readonly element: Expression; readonly optional: boolean }[], issues: Issue[], once: boolean): void {
  const [first, ...others] = elements;
  if (first === undefined) return;
  const expected = typeOf(first);
  for (const other of others) {
    const type = typeOf(other);
    if (sameType(expected, type)) continue;
    issues.push({ offset: other.element.offset, message: `expected type '${expected.text}' but found '${type.text}'` });
    if (once) return;
  }
}

function typeOf({ element, optional }: { readonly element: Expression; readonly optional: boolean }): CelType {
  const type = element.type as CelType;
  return optional ? (unwrappedOptional(type) ?? type) : type;
}
