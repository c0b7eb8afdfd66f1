/**
 * Says what is wrong with a text that is no JSON, in the words of Go's encoding/json, which is what users of
 * Kubernetes know. Only called once JSON.parse has refused the text.
 */
export function describeJsonError(text: string): string {
  const scanner = new Scanner(text);
  return scanner.scan() ?? 'invalid character in JSON';
}

const END = 'unexpected end of JSON input';
const DEPTH_MAX = 10_000;

/** Walks the text without building values; every method returns the first complaint, or undefined. */
class Scanner {
  private position = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  scan(): string | undefined {
    const problem = this.value('looking for beginning of value', 0);
    if (problem !== undefined) return problem;
    this.skipSpace();
    return this.position < this.text.length ? this.unexpected('after top-level value') : undefined;
  }

  private value(where: string, depth: number): string | undefined {
    if (depth > DEPTH_MAX) return 'exceeded max depth';
    this.skipSpace();
    const character = this.text[this.position];
    switch (character) {
      case undefined:
        return END;
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      case 't':
        return this.literal('true');
      case 'f':
        return this.literal('false');
      case 'n':
        return this.literal('null');
      default:
        return character === '-' || isDigit(character) ? this.number() : this.unexpected(where);
    }
  }

  private object(depth: number): string | undefined {
    this.position++;
    this.skipSpace();
    if (this.text[this.position] === '}') {
      this.position++;
      return undefined;
    }
    for (;;) {
      this.skipSpace();
      const quote = this.text[this.position];
      if (quote === undefined) return END;
      if (quote !== '"') return this.unexpected('looking for beginning of object key string');
      const keyProblem = this.string();
      if (keyProblem !== undefined) return keyProblem;
      this.skipSpace();
      if (this.position >= this.text.length) return END;
      if (this.text[this.position] !== ':') return this.unexpected('after object key');
      this.position++;
      const problem = this.value('looking for beginning of value', depth + 1);
      if (problem !== undefined) return problem;
      this.skipSpace();
      const next = this.text[this.position];
      if (next === undefined) return END;
      if (next !== ',' && next !== '}') return this.unexpected('after object key:value pair');
      this.position++;
      if (next === '}') return undefined;
    }
  }

  private array(depth: number): string | undefined {
    this.position++;
    this.skipSpace();
    if (this.text[this.position] === ']') {
      this.position++;
      return undefined;
    }
    for (;;) {
      const problem = this.value('looking for beginning of value', depth + 1);
      if (problem !== undefined) return problem;
      this.skipSpace();
      const next = this.text[this.position];
      if (next === undefined) return END;
      if (next !== ',' && next !== ']') return this.unexpected('after array element');
      this.position++;
      if (next === ']') return undefined;
    }
  }

  private string(): string | undefined {
    for (this.position++; this.position < this.text.length; this.position++) {
      const character = this.text[this.position] ?? '';
      if (character === '"') {
        this.position++;
        return undefined;
      }
      if (character < ' ') return this.unexpected('in string literal');
      if (character !== '\\') continue;
      const escape = this.text[++this.position];
      if (escape === undefined) return END;
      if (escape === 'u') {
        for (let digit = 0; digit < 4; digit++) {
          const hex = this.text[++this.position];
          if (hex === undefined) return END;
          if (!/[0-9a-fA-F]/.test(hex)) return this.unexpected('in \\u hexadecimal character escape');
        }
      } else if (!'"\\/bfnrt'.includes(escape)) {
        return this.unexpected('in string escape code');
      }
    }
    return END;
  }

  private literal(word: string): string | undefined {
    for (let index = 1; index < word.length; index++) {
      this.position++;
      const character = this.text[this.position];
      if (character === undefined) return END;
      if (character !== word[index]) return this.unexpected(`in literal ${word} (expecting '${word[index]}')`);
    }
    this.position++;
    return undefined;
  }

  private number(): string | undefined {
    if (this.text[this.position] === '-') {
      this.position++;
      if (this.position >= this.text.length) return END;
      if (!isDigit(this.text[this.position])) return this.unexpected('in numeric literal');
    }
    if (this.text[this.position] === '0') this.position++;
    else this.skipDigits();
    if (this.text[this.position] === '.') {
      this.position++;
      if (this.position >= this.text.length) return END;
      if (!isDigit(this.text[this.position])) return this.unexpected('after decimal point in numeric literal');
      this.skipDigits();
    }
    const exponent = this.text[this.position];
    if (exponent !== 'e' && exponent !== 'E') return undefined;
    this.position++;
    const sign = this.text[this.position];
    if (sign === '+' || sign === '-') this.position++;
    if (this.position >= this.text.length) return END;
    if (!isDigit(this.text[this.position])) return this.unexpected('in exponent of numeric literal');
    this.skipDigits();
    return undefined;
  }

  private skipDigits(): void {
    while (isDigit(this.text[this.position])) this.position++;
  }

  private skipSpace(): void {
    while (' \t\r\n'.includes(this.text[this.position] ?? 'x')) this.position++;
  }

  private unexpected(where: string): string {
    const character = this.text[this.position] ?? '';
    const shown = character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${JSON.stringify(character).slice(1, -1)}'`;
    return `invalid character ${shown} ${where}`;
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
