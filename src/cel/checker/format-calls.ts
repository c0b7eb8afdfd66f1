import { FormatError, interpolate } from '../functions/format-text.ts';
import type { Issue } from '../issue.ts';
import type { Call, Expression } from '../syntax/expression.ts';
import type { TypeKind } from '../types.ts';

const ANY_SHOWN: readonly TypeKind[] = ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'];

/** What each clause takes, and what is said of anything else. */
const CLAUSES: Readonly<Record<string, { readonly kinds: readonly TypeKind[]; readonly wrong: string }>> = {
  s: { kinds: ANY_SHOWN, wrong: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps' },
  d: { kinds: ['int', 'uint'], wrong: 'decimal clause can only be used on integers' },
  f: { kinds: ['double', 'string'], wrong: 'fixed-point clause can only be used on doubles' },
  e: { kinds: ['double', 'string'], wrong: 'scientific clause can only be used on doubles' },
  b: { kinds: ['int', 'uint', 'bool'], wrong: 'only integers and bools can be formatted as binary' },
  x: { kinds: ['int', 'uint', 'string', 'bytes'], wrong: 'only integers, byte buffers, and strings can be formatted as hex' },
  o: { kinds: ['int', 'uint'], wrong: 'octal clause can only be used on integers' },
};

/** Tells what is wrong with 'constant'.format([…]). Kubernetes: cel-go ext/formatting.go, stringFormatValidator. */
export function checkFormatCall(call: Call, issues: Issue[]): void {
  const [list] = call.args;
  if (call.function !== 'format' || call.target?.kind !== 'literal' || typeof call.target.value !== 'string' || list?.kind !== 'list') return;
  const { elements } = list;
  let wrongAt = call.offset;
  let used = 0;
  try {
    interpolate(call.target.value, elements.length, (verb, index) => {
      used = index + 1;
      const clause = CLAUSES[verb.toLowerCase()];
      const wrong = clause === undefined ? undefined : firstWrong(elements[index] as Expression, clause.kinds, verb === 's');
      if (clause === undefined || wrong === undefined) return '';
      wrongAt = wrong.offset;
      throw new FormatError(`${clause.wrong}, was given ${wrong.type?.name}`);
    });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    issues.push({ offset: wrongAt, message: error.message });
    return;
  }
  if (used < elements.length) issues.push({ offset: call.offset, message: `too many arguments supplied to string.format (expected ${used}, got ${elements.length})` });
}

function firstWrong(expression: Expression, kinds: readonly TypeKind[], inside: boolean): Expression | undefined {
  const kind = expression.type?.kind ?? 'dyn';
  if (kind !== 'dyn' && !kinds.includes(kind)) return expression;
  if (!inside) return undefined;
  const parts = expression.kind === 'list' ? expression.elements : expression.kind === 'map' ? expression.entries.flatMap((entry) => [entry.key, entry.value]) : [];
  for (const part of parts) {
    const wrong = firstWrong(part, kinds, true);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
