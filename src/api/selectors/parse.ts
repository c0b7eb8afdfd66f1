import { newStatusError } from '../meta.ts';
import { checkKey, type LabelOperator, type LabelRequirement, newRequirement } from './requirement.ts';

type TokenType = 'end' | 'error' | 'identifier' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin';

interface Token {
  readonly type: TokenType;
  readonly literal: string;
}

const OPERATOR_SIGNS = ['!=', '==', '=', '!', '(', ')', ',', '>', '<'] as const;
const OPERATORS: Readonly<Partial<Record<TokenType, LabelOperator>>> = { in: 'in', notin: 'notin', '=': '=', '==': '==', '!=': '!=', '>': 'gt', '<': 'lt' };

/**
 * The requirements of a label selector's text, e.g. `a=b,c!=d,e in (x,y),!f`, sorted by key. Throws a BadRequest
 * StatusError with upstream's text. Kubernetes: apimachinery/pkg/labels, Parser.
 */
export function parseRequirements(text: string): readonly LabelRequirement[] {
  const tokens = tokenize(text);
  let position = 0;
  const peek = (): Token => tokens[position] ?? { type: 'end', literal: '' };
  /** in and notin are operators only where an operator is due; everywhere else they are words like others. */
  const peekValue = (): Token => asValue(peek());
  const take = (token: Token): Token => {
    position++;
    return token;
  };

  const requirements: LabelRequirement[] = [];
  for (;;) {
    const token = peekValue();
    if (token.type === 'end') break;
    if (token.type !== 'identifier' && token.type !== '!') fail(`found '${token.literal}', expected: !, identifier, or 'end of string'`);
    requirements.push(asPartOf('unable to parse requirement', parseRequirement));
    const after = take(peekValue());
    if (after.type === 'end') break;
    if (after.type !== ',') fail(`found '${after.literal}', expected: ',' or 'end of string'`);
    const next = peekValue();
    if (next.type !== 'identifier' && next.type !== '!') fail(`found '${next.literal}', expected: identifier after ','`);
  }
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

  function parseRequirement(): LabelRequirement {
    let token = take(peekValue());
    const negated = token.type === '!';
    if (negated) token = take(peekValue());
    if (token.type !== 'identifier') fail(`found '${token.literal}', expected: identifier`);
    checkKey(token.literal);
    if (negated) return newRequirement(token.literal, '!', []);
    const following = peekValue();
    if (following.type === 'end' || following.type === ',') return newRequirement(token.literal, 'exists', []);
    const sign = take(peek());
    const operator = OPERATORS[sign.type];
    if (operator === undefined) fail(`found '${sign.literal}', expected: in, notin, =, ==, !=, gt, lt`);
    return newRequirement(token.literal, operator, operator === 'in' || operator === 'notin' ? parseValues() : [parseExactValue()]);
  }

  function parseExactValue(): string {
    const token = peekValue();
    if (token.type === 'end' || token.type === ',') return '';
    take(token);
    if (token.type !== 'identifier') fail(`found '${token.literal}', expected: identifier`);
    return token.literal;
  }

  function parseValues(): readonly string[] {
    const open = take(peekValue());
    if (open.type !== '(') fail(`found '${open.literal}' expected: '('`);
    const first = peekValue();
    if (first.type === ')') {
      take(first);
      return [''];
    }
    if (first.type !== 'identifier' && first.type !== ',') fail(`found '${first.literal}', expected: ',', ')' or identifier`);
    const values = parseIdentifiers();
    take(peekValue()); // parseIdentifiers stops only before ')'
    return [...values].sort();
  }

  function parseIdentifiers(): ReadonlySet<string> {
    const values = new Set<string>();
    for (;;) {
      const token = take(peekValue());
      const next = peekValue();
      if (token.type === 'identifier') {
        values.add(token.literal);
        if (next.type === ')') return values;
        if (next.type !== ',') fail(`found '${next.literal}', expected: ',' or ')'`);
      } else if (token.type === ',') {
        if (values.size === 0) values.add('');
        if (next.type === ')') {
          values.add('');
          return values;
        }
        if (next.type === ',') {
          take(next);
          values.add('');
        }
      } else {
        fail(`found '${token.literal}', expected: ',', or identifier`);
      }
    }
  }
}

function asValue(token: Token): Token {
  return token.type === 'in' || token.type === 'notin' ? { type: 'identifier', literal: token.literal } : token;
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let index = 0;
  while (index < text.length) {
    if (/[ \t\r\n]/.test(text[index] ?? '')) {
      index++;
      continue;
    }
    const sign = OPERATOR_SIGNS.find((candidate) => text.startsWith(candidate, index));
    if (sign !== undefined) {
      tokens.push({ type: sign, literal: sign });
      index += sign.length;
      continue;
    }
    let end = index;
    while (end < text.length && !/[ \t\r\n=!(),><]/.test(text[end] ?? '')) end++;
    const literal = text.slice(index, end);
    tokens.push({ type: literal === 'in' || literal === 'notin' ? literal : 'identifier', literal });
    index = end;
  }
  return tokens;
}

function asPartOf<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error) fail(`${what}: ${error.message}`);
    throw error;
  }
}

function fail(message: string): never {
  throw newStatusError(400, 'BadRequest', message);
}
